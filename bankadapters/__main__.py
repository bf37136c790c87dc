"""Bank tools: `python -m bankadapters list | decode | encode | conform | matrix | new`. Only `conform` talks: to simulators, or where it is told to."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from bankadapters import matrix, registry, skeleton, wirejson
from bankadapters.conformance import command
from bankadapters.contract import Ability, BankAdapter
from bankadapters.errors import BankError
from kernel.errors import DomainError

UNREADABLE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; exit code 2 and one line on stderr for what cannot be read or written."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "list":
            _print(_listing())
        elif options.command == "decode":
            _print(_decoded(options))
        elif options.command == "conform":
            return command.conform(options)
        elif options.command == "new":
            _lay_down(options)
        elif options.command == "matrix":
            options.report.write_text(matrix.page(), "utf-8")
        else:
            sys.stdout.buffer.write(_encoded(options))
            sys.stdout.buffer.flush()
    except DomainError as error:
        return _refuse(options, error.message_en)
    except (BankError, LookupError, OSError, ValueError) as error:
        return _refuse(
            options,
            str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error),
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bankadapters", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the banks and what each can do")
    conform = commands.add_parser("conform", help="play the scenarios every bank is tried for")
    command.add_arguments(conform)
    new = commands.add_parser(
        "new", help="lay down a new bank: adapter, simulator and tests that run"
    )
    new.add_argument("name", help="its short name: letters and digits")
    new.add_argument("--name-zh", required=True, metavar="名称")
    new.add_argument("--name-en", required=True, metavar="NAME")
    new.add_argument("--cnaps-prefix", required=True, metavar="DDD")
    table = commands.add_parser("matrix", help="write what each bank can do, with sources")
    table.add_argument("--report", type=Path, required=True, metavar="FILE.md")
    decode = commands.add_parser("decode", help="print what a bank's answer says, as JSON")
    encode = commands.add_parser("encode", help="print the bytes a request has on the wire")
    for one in (decode, encode):
        one.add_argument("--bank", required=True)
        one.add_argument(
            "--operation", required=True, choices=[ability.value for ability in Ability]
        )
        one.add_argument("file", metavar="FILE", help="a file, or - for standard input")
    decode.add_argument(
        "--final-failures",
        default="",
        metavar="CODES",
        help="inquiry codes that mean failure, with commas",
    )
    decode.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting or credential of the connection that reading needs; may be repeated",
    )
    decode.add_argument(
        "--not-found",
        default="",
        metavar="CODES",
        help="inquiry codes that mean the bank knows no such payment",
    )
    decode.add_argument(
        "--asked",
        metavar="REQUEST.json",
        help="the request it answers, as encode takes it: some answers name neither account nor day",
    )
    return parser


def _lay_down(options: argparse.Namespace) -> None:
    made = skeleton.lay_down(
        Path(__file__).parents[1],
        options.name,
        name_zh=options.name_zh,
        name_en=options.name_en,
        cnaps_prefix=options.cnaps_prefix,
    )
    for path in made:
        sys.stdout.write(f"{path}\n")
    sys.stdout.write(f"try it: python -m bankadapters conform --bank {options.name}\n")


def _listing() -> Mapping[str, object]:
    banks = []
    for slug in registry.slugs():
        adapter = registry.adapter_class(slug)
        banks.append(
            {
                "bank": slug,
                "name": adapter.profile.name_zh,
                "abilities": sorted(ability.value for ability in adapter.abilities),
            }
        )
    return {"banks": banks}


def _decoded(options: argparse.Namespace) -> Mapping[str, object]:
    codes = frozenset(code.strip() for code in options.final_failures.split(",") if code.strip())
    told = dict(one.partition("=")[::2] for one in options.settings)
    made, _ = wirejson.connection(registry.profile(options.bank), {"connection": told})
    parameters = {**made.parameters, "not_found_codes": options.not_found}
    connection = replace(made, parameters=parameters, final_failures=codes)
    ability = Ability(options.operation)
    adapter = registry.open(connection)
    _require(adapter, ability)
    asked = wirejson.request(ability, _given(options.asked)) if options.asked else None
    answer = adapter.bare(_bytes(options.file))
    return wirejson.reading(ability, adapter.read(ability, answer, asked=asked))


def _encoded(options: argparse.Namespace) -> bytes:
    ability = Ability(options.operation)
    given = _given(options.file)
    connection, sessions = wirejson.connection(registry.profile(options.bank), given)
    adapter = registry.open(connection, sessions=sessions)
    _require(adapter, ability)
    return adapter.write(wirejson.request(ability, given))


def _given(file: str) -> Mapping[str, object]:
    """A request in the tools' JSON. Raises ValueError."""
    try:
        given = json.loads(_bytes(file).decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    if not isinstance(given, dict):
        raise ValueError(
            "JSON must be an object with connection and items, or connection and account"
        )
    return given


def _require(adapter: BankAdapter, ability: Ability) -> None:
    if ability not in adapter.abilities:
        raise ValueError(f"bank {adapter.profile.slug} has no {ability.value}")


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _print(value: Mapping[str, object]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _refuse(options: argparse.Namespace, words: str) -> int:
    where = getattr(options, "file", options.command)
    sys.stderr.write(f"{where}: {' '.join(words.split())}\n")
    return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
