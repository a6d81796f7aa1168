"""The type checker of the test run: beartype, taking an int where a float is asked for (PEP 484's numeric tower)."""

from beartype import BeartypeConf, beartype

enforce = beartype(conf=BeartypeConf(is_pep484_tower=True))
