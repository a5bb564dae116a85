"""Engines beside DuckDB that build the models: raw tables are carried in to them, marts are carried out."""
