"""Why somebody has their score, to the point, what sales needs before it gets them, and what would change next."""

from decimal import Decimal

from dagster_project.counting import counted, plain_number, signed_number
from dagster_project.instants import naive
from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.person_marts import PersonMarts, read_people, read_published_rules
from dagster_project.reports.plain_words import day, moment, plain
from dagster_project.reports.prospects import prospects
from dagster_project.reports.what_next import Rules, missing_to_gate, profile_of

RECENT_CHANGES = 5


def explain(snapshot: Snapshot, email: str) -> str:
    """The whole account of everybody with this address, from the published marts and the rules beside them.

    Raises:
        NobodyFound: Nobody has this address; the message says in which snapshot it was looked for.
    """
    rules = read_published_rules(snapshot)
    return "\n\n".join(_account(snapshot, marts, rules) for marts in read_people(snapshot, email))


def _account(snapshot: Snapshot, marts: PersonMarts, rules: Rules | None) -> str:
    person = marts.person
    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part) or person["contact_email"]
    lines = [
        f"{name} (user {person['user_id']}), as of {moment(snapshot.as_of)} UTC",
        f"  combined score {person['combined_score']} ({person['band']}){_combination(person, rules)}",
        *_use(person),
        *_score(marts, "pql", person["pql_score"]),
        *_score(marts, "fit", person["fit_score"], _completeness(person)),
        *_signals(marts),
        *_gates(marts),
        *_handoffs(marts),
        *_changes(marts, snapshot),
        *(prospects(rules, marts) if rules is not None else []),
    ]
    return "\n".join(lines)


def _combination(person: dict, rules: Rules | None) -> str:
    """How fit and PQL points made the combined score; exact points where they are known."""
    weights = profile_of(rules, person) if rules is not None else None
    if weights is None or person["fit_points"] is None or person["pql_points"] is None:
        return ""
    parts = [
        (weights["fit_weight"], person["fit_points"], "fit"),
        (weights["engagement_weight"], person["pql_points"], "pql"),
    ]
    sums = sum((weight * given for weight, given, _ in parts), Decimal(0))
    told = " + ".join(f"{plain_number(weight)} * {plain_number(given)} {name}" for weight, given, name in parts)
    return f" = {told} = {plain_number(sums)}, rounded half up; profile {weights['profile']}"


def _use(person: dict) -> list[str]:
    # Somebody whom only HubSpot knows did nothing that could be counted.
    lines = [
        f"  {_activation(person)}{_habit(person)}",
        f"  last active {day(person['last_active_at'])}, {counted(person['key_action_7d_count'] or 0, 'key action')} "
        f"this week, {counted(person['company_active_users_30d'], 'active user')} at "
        f"{person['company_id'] or 'no known company'}",
    ]
    known = [
        (person.get("key_feature_count_30d"), lambda n: f"{counted(n, 'key feature')} used"),
        (person.get("key_actions_per_active_day"), lambda n: f"{plain_number(n)} key actions per active day"),
        (person.get("active_teammates_30d"), lambda n: f"{counted(n, 'active teammate')}"),
        (person.get("teammates_invited_count"), lambda n: f"{counted(n, 'teammate')} invited so far"),
    ]
    told = [words(value) for value, words in known if value is not None]
    if any(value for value, _ in known):
        lines.append(f"  adoption in the last 30 days: {', '.join(told)}")
    if person.get("sales_priority") == "low":
        lines.append("  low priority for sales: free mail, or a small company")
    return lines


def _activation(person: dict) -> str:
    if person["activated_at"] is None:
        return "not activated"
    hours = person.get("time_to_value_hours")
    since_signup = f", {plain_number(hours)} hours after sign-up" if hours is not None else ""
    return f"activated {day(person['activated_at'])}{since_signup}"


def _habit(person: dict) -> str:
    told = ""
    if person.get("is_habitual"):
        since = person.get("habitual_since")
        told += f"; uses it out of habit{f' since {day(since)}' if since else ''}"
    if person.get("dormant_for_days") is not None:
        told += f"; dormant for {person['dormant_for_days']}+ days"
    elif person["is_dormant"]:
        told += "; dormant"
    return told


def _completeness(person: dict) -> str:
    share = person.get("fit_completeness_pct")
    known = f", {share} % of what it asks for is known" if share is not None else ""
    icp = {True: "; matches the ideal customer", False: "; not the ideal customer"}.get(person.get("is_icp_match"), "")
    return f"{known}{icp}"


def _score(marts: PersonMarts, score_name: str, score: int, more: str = "") -> list[str]:
    """The reasons that gave or took points; what stands in front of them adds up to the score."""
    given = [reason for reason in marts.reasons if reason["score_name"] == score_name and reason["is_met"] is not False]
    lines = [f"  {score_name} score {score}{more}"]
    lines += [f"    {signed_number(reason['points']):>8}  {_reason(reason)}" for reason in given]
    return lines if given else [*lines, "           no rule gave or took points"]


def _reason(reason: dict) -> str:
    told = [f"{reason['label']}{_found(reason)}"]
    full, decayed = reason.get("points_full"), reason.get("points_decayed")
    if full is not None and decayed is not None and reason["kind"] == "engagement":
        if decayed != full:
            share = plain_number(reason["decay_factor"])
            told.append(f"{plain_number(full)} points * {share} by decay = {plain_number(decayed)}")
        if reason["points"] != decayed:
            told.append(f"{plain_number(decayed)} points capped to {plain_number(reason['points'])}")
    if reason["last_met_at"] is not None:
        told.append(f"last held {moment(reason['last_met_at'])}")
    if reason.get("next_decay_at") is not None:
        told.append(f"next decays {moment(reason['next_decay_at'])}")
    if reason.get("proof_event_id") is not None:
        told.append(f"proved by event {reason['proof_event_id']}")
    return ", ".join(told)


def _found(reason: dict) -> str:
    if reason["found"] is None:
        return ""
    asked = ""
    if reason.get("threshold") is not None and reason.get("operator"):
        asked = f", asked {reason['operator']} {plain_number(reason['threshold'])}"
    place = f", from {reason['found_in']}" if reason.get("found_in") else ""
    return f" ({plain(reason['found'])}{asked}{place})"


def _signals(marts: PersonMarts) -> list[str]:
    lines = ["  signals, the strongest first"] if marts.signals else []
    for signal in marts.signals:
        detail = f" ({signal['detail']})" if signal["detail"] else ""
        seen = f"first {day(signal['first_at'])}, last {day(signal['last_at'])}"
        lines.append(f"    {'live' if signal['is_live'] else 'past'}    {signal['label']}{detail}, {seen}")
    return lines


def _gates(marts: PersonMarts) -> list[str]:
    # Without conditions nobody is, as decide.handoffs has it.
    is_qualified = bool(marts.conditions) and all(condition["is_met"] for condition in marts.conditions)
    lines = [f"  {'sales qualified' if is_qualified else 'not sales qualified'}"]
    for condition in marts.conditions:
        found = condition["found"] if condition["found"] is not None else "not known"
        missing = missing_to_gate(condition)
        away = f" ({plain_number(missing)} away)" if missing else ""
        asked = f"{condition['property']} {condition['operator']} {condition['value']}"
        lines.append(f"    {'met   ' if condition['is_met'] else 'MISSED'}  {asked}: {found}{away}")
    return lines


def _handoffs(marts: PersonMarts) -> list[str]:
    """Each handoff with why it was made and, where the contact went back to marketing, why that was."""
    lines = []
    for handoff in marts.handoffs:
        turn = f", turn {handoff['turn']} in {handoff['pool']}" if handoff.get("turn") is not None else ""
        lines.append(
            f"  handoff {handoff['handoff_state']} on {day(handoff['handed_off_at'])} to "
            f"{handoff['owner_email'] or 'nobody yet'} ({handoff['owner_reason']}{turn})"
        )
        if handoff.get("handoff_reason"):
            lines.append(f"    {handoff['handoff_reason']}")
    lines += [
        f"  return to marketing {back['return_state']} on {day(back['returned_at'])}: {back['return_reason']}"
        for back in marts.returns
    ]
    return lines


def _changes(marts: PersonMarts, snapshot: Snapshot) -> list[str]:
    """The last changes up to the clock of the marts; a build for an earlier date knows of later ones."""
    until = naive(snapshot.as_of)
    past = [change for change in marts.changes if change["changed_at"] <= until]
    lines = ["  changes, the newest first"] if past else []
    lines += [f"    {moment(change['changed_at'])}  {_change(change)}" for change in past[:RECENT_CHANGES]]
    if len(past) > RECENT_CHANGES:
        lines.append(f"    and {len(past) - RECENT_CHANGES:,} before (score.score_changes)")
    return lines


def _change(change: dict) -> str:
    if change["is_first"]:
        return f"first scored: combined {change['combined_score_to']} ({change['band_to']})"
    told = [
        f"{name} {change[f'{column}_from']} → {change[f'{column}_to']}"
        for name, column in (("combined", "combined_score"), ("pql", "pql_score"), ("fit", "fit_score"))
        if change[f"{column}_from"] != change[f"{column}_to"]
    ]
    if change["band_crossed"] is not None:
        told.append(f"{change['band_crossed']} from {change['band_from']} to {change['band_to']}")
    why = change["reasons_moved"] or "no points moved; the weights or the bands did"
    return f"{', '.join(told) or 'band renamed'}: {why}"
