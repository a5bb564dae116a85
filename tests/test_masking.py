"""Addresses in texts that people read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.masking import masked

LOCAL = st.from_regex(r"[a-z0-9][a-z0-9.+_-]{0,20}", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z0-9-]{1,10}(\.[a-z]{2,8}){1,2}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dana.reyes@orbit.example", "d***@orbit.example"),
        ("d@orbit.example", "d***@orbit.example"),
        ("Owner <dana.reyes@orbit.example>, due", "Owner <d***@orbit.example>, due"),
        ("a@x.io and b@y.io; c@z.io", "a***@x.io and b***@y.io; c***@z.io"),
        ('{"email": "dana+trial@orbit.example"}', '{"email": "d***@orbit.example"}'),
        ("mailto:dana@orbit.example", "mailto:d***@orbit.example"),
        ("(dana@orbit.example)", "(d***@orbit.example)"),
        ("zoë.björk@firma.example", "z***@firma.example"),
        ("d***@orbit.example", "d***@orbit.example"),
        ("nobody is named here", "nobody is named here"),
        ("@channel look at #pql", "@channel look at #pql"),
        ("", ""),
    ],
)
def test_an_address_keeps_its_first_letter_and_its_domain(text, shown):
    assert masked(text) == shown


@given(LOCAL, DOMAIN, st.sampled_from([" ", ", ", "<", '"', "'", "(", ":", ";", "\n"]))
def test_no_local_part_is_left_whole_wherever_it_stands(local, domain, before):
    shown = masked(f"said{before}{local}@{domain}")
    assert shown == f"said{before}{local[0]}***@{domain}"


@given(st.text(alphabet="ab.@<> ,;:'\"()-\n", max_size=80))
def test_masking_twice_is_masking_once_and_no_domain_gets_lost(text):
    shown = masked(text)
    assert masked(shown) == shown
    assert [part.rpartition("@")[2] for part in re.findall(r"\S+@\S+", shown)] == [
        part.rpartition("@")[2] for part in re.findall(r"\S+@\S+", text)
    ]
