"""Starts `satchel serve` with what the user set in the host's form.

It comes as arguments, `NAME=value` for a setting and then the folders that may be read, as there are hosts that do not
pass a manifest's variables on. What was left empty comes as nothing or as the manifest's own `${…}`: Satchel's default
counts then.
"""

import os
import sys
from collections.abc import Sequence

from server.__main__ import main

SETTING = "SATCHEL_"
FOLDERS = "SATCHEL_ATTACHMENT_ROOTS"
UNSET = "${user_config."


def settings(arguments: Sequence[str]) -> dict[str, str]:
    """The variables that the arguments stand for. A folder with what separates folders in its name is left out: it
    would be read as two others."""
    given = [argument for argument in arguments if UNSET not in argument]
    named = dict(argument.split("=", 1) for argument in given if argument.startswith(SETTING))
    folders = [each for each in given if each and not each.startswith(SETTING) and os.pathsep not in each]
    return {name: value for name, value in {**named, FOLDERS: os.pathsep.join(folders)}.items() if value}


if __name__ == "__main__":
    os.environ.update(settings(sys.argv[1:]))
    sys.argv[1:] = ["serve"]
    main()
