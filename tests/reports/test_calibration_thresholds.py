"""What thresholds find, for any scores and outcomes."""

from itertools import pairwise, product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.reports.calibration.thresholds import distribution, separation, threshold_table

SMALL = 10
cases = st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=60)
# Few scores, so that many are equal.
tied_cases = st.lists(st.tuples(st.sampled_from([0, 49, 50, 51, 100]), st.booleans()), max_size=40)


def frame(rows: list[tuple[int, bool]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"score": pl.Int64, "is_hit": pl.Boolean}, orient="row")


def table(rows: list[tuple[int, bool]]) -> list[dict]:
    return threshold_table(frame(rows), SMALL).to_dicts()


@given(cases)
def test_a_threshold_flags_whoever_has_that_score_or_more(rows):
    for row in table(rows):
        flagged = [is_hit for score, is_hit in rows if score >= row["threshold"]]
        assert (row["flagged_count"], row["hit_count"]) == (len(flagged), sum(flagged))
        assert row["is_small"] == (len(flagged) < SMALL)


@given(cases)
def test_a_higher_threshold_never_finds_more(rows):
    found = table(rows)
    assert [row["threshold"] for row in found] == list(range(101))
    for lower, higher in pairwise(found):
        assert lower["flagged_count"] >= higher["flagged_count"]
        if lower["recall"] is not None:
            assert lower["recall"] >= higher["recall"]
        if lower["others_share"] is not None:
            assert lower["others_share"] >= higher["others_share"]


@given(cases)
def test_precision_of_those_flagged_are_the_hits_and_lift_is_precision_by_the_share_of_all(rows):
    hits = sum(is_hit for _, is_hit in rows)
    for row in table(rows):
        if row["precision"] is None:
            assert row["flagged_count"] == 0
            assert row["lift"] is None
            continue
        assert row["precision"] * row["flagged_count"] == pytest.approx(row["hit_count"])
        if hits:
            assert row["lift"] == pytest.approx(row["precision"] / (hits / len(rows)))
        else:
            assert row["lift"] is None


@given(tied_cases, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert table(rows) == table(shuffled)
    assert separation(frame(rows)) == separation(frame(shuffled))


@given(tied_cases)
def test_auc_is_the_share_of_pairs_in_which_the_hit_is_higher_and_ties_count_half(rows):
    hits, others = [s for s, is_hit in rows if is_hit], [s for s, is_hit in rows if not is_hit]
    told = separation(frame(rows))
    assert (told.contact_count, told.hit_count) == (len(rows), len(hits))
    if not hits or not others:
        assert (told.auc, told.low, told.high, told.tells) == (None, None, None, False)
        return
    pairs = [(hit > other) + 0.5 * (hit == other) for hit, other in product(hits, others)]
    assert told.auc == pytest.approx(sum(pairs) / len(pairs))
    assert told.low <= told.auc <= told.high


@given(tied_cases)
def test_ties_are_treated_alike_on_both_sides(rows):
    told, turned = separation(frame(rows)), separation(frame([(score, not is_hit) for score, is_hit in rows]))
    if told.auc is not None:
        assert told.auc + turned.auc == pytest.approx(1)


@pytest.mark.parametrize("rows", [[], [(50, True)], [(50, False)], [(0, True), (0, True)]])
def test_one_sided_and_empty_data_is_no_division_by_zero(rows):
    found = table(rows)
    assert len(found) == 101
    assert separation(frame(rows)).auc is None
    if not rows:
        assert {row[name] for row in found for name in ("precision", "recall", "others_share", "lift")} == {None}


def test_a_score_below_zero_is_flagged_at_no_threshold_and_counts_among_all():
    first = table([(-20, True), (10, True)])[0]
    assert (first["flagged_count"], first["recall"]) == (1, 0.5)


def test_scores_that_part_nobody_from_anybody_tell_nothing():
    told = separation(frame([(score, bool(score % 2)) for score in range(100)]))
    assert 0.45 < told.auc < 0.55
    assert not told.tells
    assert separation(frame([(score, score >= 50) for score in range(100)])).tells


@given(cases, st.lists(st.integers(0, 100), max_size=30))
def test_every_contact_is_in_one_bin_of_the_distribution(rows, present):
    bins = distribution(frame(rows), pl.DataFrame({"score": present}, schema={"score": pl.Int64})).to_dicts()
    assert [(row["from_score"], row["to_score"]) for row in bins][-2:] == [(80, 89), (90, 100)]
    for row in bins:
        inside = [is_hit for score, is_hit in rows if row["from_score"] <= score <= row["to_score"]]
        assert (row["hit_count"], row["other_count"]) == (sum(inside), len(inside) - sum(inside))
        assert row["present_count"] == sum(row["from_score"] <= score <= row["to_score"] for score in present)
