"""Each score has exactly one band."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.rules.checks.scores import bands_cover_every_score_once
from dagster_project.rules.reading import Row, RuleBook, RuleProblem
from dagster_project.rules.schema import ScoreBand


@pytest.mark.parametrize("bands", [[(0, 100)], [(0, 39), (40, 100)], [(40, 100), (0, 39)], [(0, 0), (1, 100)]])
def test_bands_that_meet_are_sound(bands):
    assert judged(bands) == []


@pytest.mark.parametrize(
    ("bands", "place", "found", "allowed"),
    [
        ([(1, 100)], ", row 2, column min_score", "1", "0: a gap"),
        ([(0, 39), (41, 100)], ", row 3, column min_score", "41", "40: a gap"),
        ([(0, 40), (40, 100)], ", row 3, column min_score", "40", "41: an overlap"),
        ([(0, 100), (0, 100)], ", row 3, column min_score", "0", "101: an overlap"),
        ([(0, 99)], ", column max_score", "99", "100 for the highest band"),
        ([], ", column max_score", "-1", "100 for the highest band"),
    ],
)
def test_bands_leave_no_gap_and_do_not_overlap(bands, place, found, allowed):
    problem = str(judged(bands)[0])
    assert problem.startswith(f"score_bands.csv{place}: found '{found}'; allowed: {allowed}")
    assert problem.endswith((" between the bands would leave a score without one answer", "100 for the highest band"))


def test_a_band_does_not_end_before_it_begins():
    problems = [str(problem) for problem in judged([(0, 50), (51, 40), (41, 100)])]
    assert "score_bands.csv, row 3, column max_score: found '40'; allowed: 51 or more" in problems


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=5))
def test_a_table_of_bands_is_sound_exactly_when_each_score_has_one_band(bands):
    has_one_band_each = all(sum(low <= score <= high for low, high in bands) == 1 for score in range(101))
    is_each_a_range = all(low <= high for low, high in bands)
    assert (judged(bands) == []) == (has_one_band_each and is_each_a_range)


@given(st.sets(st.integers(1, 100), max_size=8), st.randoms(use_true_random=False))
def test_every_way_to_cut_the_scores_is_sound_in_whatever_order_it_is_written(cuts, random):
    edges = [0, *sorted(cuts), 101]
    bands = [(low, high - 1) for low, high in itertools.pairwise(edges)]
    random.shuffle(bands)
    assert judged(bands) == []


def judged(bands: list[tuple[int, int]]) -> list[RuleProblem]:
    rows = [
        Row(number, ScoreBand(band=f"b{number}", min_score=low, max_score=high, owner="team:x", why="x"))
        for number, (low, high) in enumerate(bands, start=2)
    ]
    return list(bands_cover_every_score_once(RuleBook(Path(), {"score_bands": rows})))
