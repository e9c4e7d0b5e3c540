"""The catalogue names what the sign-in pages really say."""

from __future__ import annotations

from pathlib import Path

import allauth
import polib

from outreach.accounts.wording import SIGN_IN_SENTENCES


def test_every_sentence_named_for_the_catalogue_is_one_that_is_said() -> None:
    # Any language will do: a catalogue lists everything there is to say.
    said = polib.pofile(str(Path(allauth.__file__).parent / "locale/de/LC_MESSAGES/django.po"))
    assert set(SIGN_IN_SENTENCES) <= {entry.msgid for entry in said}
