"""People, scores, deals and what owners did, as the reports find them in a warehouse that was built on nothing."""

import duckdb

CLOCK = "2026-11-20T09:00:00Z"
CLOCK_SQL = "timestamp '2026-11-20 09:00:00'"
# Of a hundred contacts: how many come how far. Half of the others only signed up.
ACTIVATED, PQL, HANDED_OFF = 50, 12, 5


def fill(warehouse: str, contact_count: str, deal_count: str) -> None:
    """Put made-up rows into the tables that the report models read.

    Each contact did three kinds of things in one week of each of its months, so that usage has rows to count.
    """
    contacts, deals = int(contact_count), int(deal_count)
    with duckdb.connect(warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"""
            create temp table people as
            select
                'u' || i as user_id, cast(i as varchar) as hubspot_id,
                'u' || i || '@c' || i // 8 || '.example' as email,
                'c' || i // 8 as company_id, i % 100 as draw,
                timestamp '2026-11-20' - to_hours(1 + (i * 7919) % 17520) as created_at,
                greatest(created_at, timestamp '2025-06-01') as scored_at,
                least(scored_at + to_hours(300), {CLOCK_SQL}) as handed_off_at
            from range({contacts}) as numbers(i)
            """
        )
        # A view on what events were read: the days stand in for it.
        connection.execute("create temp table day as select * from intermediate.int_event_days_identified limit 0")
        connection.execute("drop view intermediate.int_event_days_identified")
        connection.execute("create table intermediate.int_event_days_identified as from day")
        for table, rows in _tables(deals).items():
            connection.execute(f"insert into {table} by name {rows}")


def _tables(deals: int) -> dict[str, str]:
    links = "'HUBSPOT_DEFINED' as type_category, 3 as type_id, cast(null as varchar) as type_label"
    names = "('report_created'), ('logged_in'), ('file_uploaded')"
    return {
        "intermediate.int_people": """
            select user_id, email as contact_email, company_id, hubspot_id, created_at from people
        """,
        "intermediate.int_contact_records": "select user_id, hubspot_id, true as is_leading from people",
        "intermediate.int_people_profiled": """
            select user_id, (draw * 37) % 1500 + 1 as employee_count,
                ['COMPUTER_SOFTWARE', 'RETAIL', 'INTERNET', 'BANKING', 'MINING_METALS'][1 + draw % 5] as industry
            from people
        """,
        "intermediate.int_companies": "select distinct company_id, 'h' || company_id as hubspot_id from people",
        "intermediate.int_users_activated": f"""
            select user_id, created_at + to_hours(draw) as activated_at from people
            where draw < {ACTIVATED} and created_at + to_hours(draw) <= {CLOCK_SQL}
        """,
        "intermediate.int_score_history": f"""
            select user_id, scored_at as changed_at, 'nurture' as band, cast(null as varchar) as band_from
            from people
            union all by name
            select user_id, least(scored_at + to_hours(200), {CLOCK_SQL}) as changed_at, 'pql' as band,
                'nurture' as band_from
            from people where draw < {PQL}
        """,
        "raw.hubspot_contacts": """
            select hubspot_id, email, ['DIRECT_TRAFFIC', 'REFERRALS', 'PAID_SEARCH'][1 + draw % 3] as original_source
            from people
        """,
        "raw.hubspot_copies": """
            select unnest([
                'calls', 'emails', 'meetings', 'notes', 'tasks', 'deals', 'calls_contacts', 'emails_contacts',
                'meetings_contacts', 'notes_contacts', 'tasks_contacts'
            ]) as object_type, timestamp '2026-11-20' as copied_at, 1 as record_count
        """,
        "raw.pipeline_handoffs": f"""
            select 'h' || user_id as handoff_id, user_id as record_key, 1 as episode, cast(draw as varchar) as owner_id,
                'round_robin' as owner_reason, handed_off_at, handed_off_at as acknowledged_at, 'enterprise' as track
            from people where draw < {HANDED_OFF}
        """,
        "raw.hubspot_engagements": f"""
            select 'e' || user_id as hubspot_id, 'call' as engagement_type, cast(draw as varchar) as owner_id,
                'COMPLETED' as status, handed_off_at + to_minutes(draw * 40 + 5) as occurred_at
            from people where draw < {HANDED_OFF}
        """,
        "raw.pipeline_deliveries": f"""
            select 'a' || user_id as action_id, 'trigger_' || draw % 9 as trigger_id, 'slack_message' as kind,
                user_id as record_key, user_id as subject_key, 1 as episode, created_at as moment_at,
                cast(draw as varchar) as owner_id, 'delivered' as state
            from people where draw < {PQL}
        """,
        "raw.hubspot_deals": f"""
            select 'd' || i as hubspot_id,
                ['appointmentscheduled', 'contractsent', 'closedwon', 'closedlost'][1 + i % 4] as stage,
                cast(1000 + i % 9000 as varchar) as amount, cast(i % 5 as varchar) as owner_id,
                cast(i % 4 > 1 as varchar) as is_closed, cast(i % 4 = 2 as varchar) as is_closed_won,
                timestamp '2026-11-01' - to_hours((i * 31) % 15000) as created_at,
                timestamp '2026-11-20' - to_hours((i * 17) % 9000) as closes_at
            from range({deals}) as numbers(i)
        """,
        "raw.hubspot_associations": f"""
            select 'deals' as from_type, 'd' || i as from_id, 'contacts' as to_type,
                cast((i * 13) % (select count(*) from people) as varchar) as to_id, {links}
            from range({deals}) as numbers(i)
            union all by name
            select 'calls' as from_type, 'e' || user_id as from_id, 'contacts' as to_type, hubspot_id as to_id, {links}
            from people where draw < {HANDED_OFF}
        """,
        "intermediate.int_event_meanings": f"""
            select hash(name) as name_key, 'product' as source, name as known_as, name as event_type,
                true as is_activity, name <> 'logged_in' as is_key_action, name = 'logged_in' as is_login,
                true as is_in_taxonomy
            from (values {names}) as named(name)
        """,
        "intermediate.int_actor_names_seen": f"""
            select hash(user_id) as actor_key, user_id, hash(name) as name_key, 10 as event_count,
                created_at as first_at, created_at as last_at
            from people cross join (values {names}) as named(name)
        """,
        "intermediate.int_event_days_identified": f"""
            select hash(user_id) as actor_key, user_id, hash(name) as name_key, company_id, happened_on,
                2 as event_count, happened_on + to_hours(8) as first_at, happened_on + to_hours(9) as last_at
            from people
            cross join (values {names}) as named(name)
            cross join (
                select cast(date '2026-11-18' - to_days(30 * i) as date) as happened_on from range(6) as days(i)
            )
            where happened_on > created_at
        """,
    }


def fill_scores(warehouse: str) -> None:
    """Scores of all contacts, two changes of each, five rules that gave points, and what a handoff asks for."""
    with duckdb.connect(warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            """
            create temp table scored as
            select user_id, company_id, (hash(user_id) % 60) as pql_score,
                cast(hash(user_id) // 60 % 40 as integer) as fit_score,
                least(pql_score + fit_score, 100) as combined_score,
                case when combined_score >= 70 then 'pql' when combined_score >= 40 then 'mql' else 'nurture' end
                    as band
            from intermediate.int_people
            """
        )
        for table, rows in SCORE_ROWS.items():
            connection.execute(f"insert into {table} by name {rows}")


SCORE_ROWS = {
    "score.contact_scores": """
        select user_id, company_id, pql_score, fit_score, combined_score, band, 3 as company_active_users_30d
        from scored
    """,
    "score.score_changes": f"""
        select user_id, {CLOCK_SQL} - to_days(days) as changed_at, days = 200 as is_first,
            pql_score - days // 20 as pql_score_to, fit_score as fit_score_to,
            combined_score - days // 20 as combined_score_to, band as band_to,
            'rule_1=10;rule_2=20;fit:industry=10' as reasons
        from scored cross join (values (200), (40)) as moments(days)
    """,
    "score.contact_score_reasons": """
        select user_id, 'pql' as score_name, 'engagement' as kind, 'rule_' || i as rule_id, 'Rule ' || i as label,
            10 as points
        from scored cross join range(5) as rules(i)
    """,
    "score.contact_signals": f"""
        select user_id, 'signal_' || i as signal_id, 'Signal ' || i as label,
            {CLOCK_SQL} - to_days(60) as first_at
        from scored cross join range(3) as signals(i)
    """,
    "decide.sales_qualifications": """
        select user_id, 'zo_activation_status' as property, '=' as operator, 'activated' as value,
            pql_score > 30 as is_met
        from scored
    """,
}
