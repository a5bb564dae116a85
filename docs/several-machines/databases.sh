#!/bin/sh
# Run once by the image of Postgres, in an empty cluster: a user and a database each for the state and for Dagster.
set -eu
for name in pql dagster; do
    case $name in pql) password=$PQL_PASSWORD ;; *) password=$DAGSTER_PASSWORD ;; esac
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set name="$name" --set password="$password" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name" encoding 'UTF8' template template0;
SQL
done
