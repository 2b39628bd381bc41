"""Search and order without accents: one set of functions takes texts and questions apart.

`folded(text)` is what lists are ordered by: small letters without accents, the same on every server, whatever its
locale. `words_of(text)` makes a text search vector of it and `asked(question, …)` a query. No extension is needed.

Vectors that are stored already are rebuilt by the sweep, some rows at a time; until then they find what they found.
"""

import string

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None

# Regular expressions of PostgreSQL: the insides of bracket expressions.
MARKS = (  # combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic, and characters without a width
    r"\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
SEPARATORS = (  # what is neither a letter nor a digit; white space and controls too
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0"
    r"\u05c3\u05c6\u05f3\u05f4\u060c\u060d\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u2000-\u206f\u20a0-\u20cf"
    r"\u2100-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30fb\ufffc\ufffd"
)
UNSPACED = (  # scripts without spaces: Thai, Lao, Burmese, Khmer, Tai, Javanese, Balinese, Han, kana, Bopomofo, Yi
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u2fdf\u3005-\u3007"
    r"\u3021-\u302f\u3031-\u303c\u3041-\u30fa\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\ua000-\ua4cf\ua980-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = f"[^{SEPARATORS}{UNSPACED}]"
LETTER = f"[^0-9{SEPARATORS}{UNSPACED}]"


# Letters that no decomposition takes apart, by what they are folded to; and signs that are written in several ways.
COMMON = {
    "d": "ĐđÐð", "h": "Ħħ", "i": "ı", "l": "Łł", "n": "Ŋŋ", "o": "Øø", "t": "Ŧŧ",
    "'": "\u2018\u2019\u201b\u2032\u02bc", "-": "\u2010", "#": "\u266f",
}  # fmt: skip
RARE = {
    "b": "ɃƀƁɓ", "c": "Ƈƈ", "d": "ƉɖƊɗ", "e": "ƏəƐɛ", "f": "Ƒƒ", "g": "ǤǥƓɠ", "i": "Ɨɨ", "j": "Ɉɉ", "k": "Ƙƙ",
    "l": "Ƚƚ", "n": "Ɲɲ", "o": "ƟɵƆɔ", "p": "Ƥƥ", "q": "ĸ", "r": "Ɍɍ", "t": "Ƭƭ", "u": "Ʉʉ", "v": "Ʋʋ", "y": "ƳƴɎɏ",
    "z": "ƵƶȤȥ",
}  # fmt: skip
SEVERAL = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}


def _shifted(by: int, *capitals: range) -> dict[str, str]:
    return {chr(code): chr(code + by) for codes in capitals for code in codes}


def _unfolded(letters: dict[str, str]) -> dict[str, str]:
    return {written: letter for letter, all_written in letters.items() for written in all_written}


# By the bracket expression that says whether a text has any: `translate` compares every letter with all of these.
# Capitals, because `lower` knows those of the Latin alphabet alone where the locale is C.
SINGLE = {
    "": _unfolded(COMMON),
    r"\u0180-\u0292": _unfolded(RARE),
    r"\u0391-\u03c2": _shifted(32, range(0x0391, 0x03A2), range(0x03A3, 0x03AA)) | {"ς": "σ"},
    r"\u0400-\u042f": _shifted(32, range(0x0410, 0x0430)) | _shifted(80, range(0x0400, 0x0410)),
    r"\u0460-\u052f": _shifted(
        1, *(range(*each, 2) for each in ((0x460, 0x482), (0x48A, 0x4C0), (0x4C1, 0x4CF), (0x4D0, 0x530)))
    ),
    r"\u0531-\u0556": _shifted(48, range(0x0531, 0x0557)),
}

# Signs that belong to a word are written as letters that no folded text has, so that the server's parser keeps them:
# "c++" as "cøø", "c#" as "cł", ".net" as "đnet".
SIGNS, AS_LETTERS, AS_DOT = "+#", "øł", "đ"
GAP = "ħ"  # A word that is taken out again. What it parted does not stand side by side.
PUNCTUATION = string.punctuation.replace("'", "''")
BLANKS = " " * len(string.punctuation)


def _replacements() -> str:
    """Statements that put one letter in the place of another."""
    lines = []
    for present, letters in SINGLE.items():
        pair = ("".join(each).replace("'", "''") for each in (letters.keys(), letters.values()))
        line = "t := translate(t, '{}', '{}');".format(*pair)
        lines.append(f"IF t ~ '[{present}]' THEN {line} END IF;" if present else line)
    lines += [f"t := replace(t, '{letter}', '{letters}');" for letter, letters in SEVERAL.items()]
    return "\n    ".join(lines)


# Decomposed, without marks, in small letters, and composed again where a mark makes another letter, as in kana and
# Hangul. The Cyrillic short i is such a letter too: stems end with it.
FOLDED_LETTERS = f"""
CREATE FUNCTION folded_letters(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    t := replace(replace(normalize(t, NFKD), '\u0438\u0306', '\u0439'), '\u0418\u0306', '\u0439');
    t := lower(regexp_replace(t, '[{MARKS}]', '', 'g') COLLATE "C");
    {_replacements()}
    RETURN normalize(t, NFKC);
END
$$
"""
# The bodies are parsed here and now, not where they run: neither building an index nor restoring a dump has a search
# path on which they would find each other.

# What is ASCII needs no more than small letters. The planner puts this in place of the call.
FOLDED = """
CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    CASE WHEN octet_length($1) = char_length($1) THEN lower($1 COLLATE "C") ELSE folded_letters($1) END
"""
# Of a folded text: its words. Scripts without spaces are left out, or taken apart into single characters.
PLAIN_WORDS = f"""
CREATE FUNCTION plain_words(folded text, unspaced text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    CASE WHEN octet_length($1) = char_length($1) THEN translate($1, '{PUNCTUATION}', '{BLANKS}')
        ELSE regexp_replace(regexp_replace($1, '[{SEPARATORS}]+', ' ', 'g'), '[{UNSPACED}]', $2, 'g') END
"""
# Beside the words: "c++" and ".net" with their signs; "node.js" and "e-mail" in one; pairs of characters of scripts
# without spaces, those that begin at odd places and those at even ones.
FURTHER_WORDS = rf"""
CREATE FUNCTION further_words(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    concat_ws(' ',
        CASE WHEN $1 ~ '[{SIGNS}]' THEN (
            SELECT translate(string_agg(matched[1], ' '), '{SIGNS}', '{AS_LETTERS}')
            FROM regexp_matches($1, '({WORD}+[{SIGNS}]+)', 'g') AS matched
        ) END,
        CASE WHEN $1 ~ '[.]{LETTER}' THEN (
            SELECT string_agg('{AS_DOT}' || matched[1], ' ')
            FROM regexp_matches($1, '[.]({LETTER}{WORD}*)', 'g') AS matched
        ) END,
        CASE WHEN $1 ~ '{LETTER}[.''-]{LETTER}' THEN (
            SELECT translate(string_agg(matched[1], ' '), '.''-', '')
            FROM regexp_matches($1, '({WORD}+(?:[.''-]{WORD}+)+)', 'g') AS matched WHERE matched[1] !~ '[0-9]'
        ) END,
        CASE WHEN octet_length($1) > char_length($1) AND $1 ~ '[{UNSPACED}]{{2}}' THEN (
            SELECT regexp_replace(runs || regexp_replace(runs, ' .', ' ', 'g'), '([^ ][^ ])', '\1 ', 'g')
            FROM regexp_replace(' ' || $1, '[^{UNSPACED}]+', ' ', 'g') AS runs
        ) END)
"""
SIMPLE_WORDS = f"""
CREATE FUNCTION simple_words(folded text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    ts_delete(
        to_tsvector('pg_catalog.simple',
            '{GAP} ' || plain_words($1, ' \\& ') || ' {GAP} ' || further_words($1)), '{GAP}')
"""
WORDS_OF = """
CREATE OR REPLACE FUNCTION words_of(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    simple_words(folded($1))
"""
WORDS_AND_STEMS_OF = f"""
CREATE FUNCTION words_of(text, language regconfig) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT ts_delete(to_tsvector($2, '{GAP} ' || plain_words(folded, ' ')), '{GAP}') || simple_words(folded)
    FROM folded($1) AS folded;
END
"""
# Weight A is what an instructor may ask for; only admins find people by the rest.
WORDS_OF_PERSON = """
CREATE OR REPLACE FUNCTION words_of_person(text, text, text, text, text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    setweight(words_of($1 || ' ' || $2 || ' ' || $3), 'A') || words_of($4 || ' ' || coalesce($5, ''))
"""

# By its stem or as a prefix. Names have no stems.
ASKED_WORD = """
CREATE FUNCTION asked_word(word text, language regconfig, weights text, is_prefix boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    quoted text := quote_literal(word) || ':';
    as_written tsquery := to_tsquery('pg_catalog.simple', quoted || CASE WHEN is_prefix THEN '*' ELSE '' END || weights);
BEGIN
    IF language = 'pg_catalog.simple'::regconfig THEN
        RETURN as_written;
    END IF;
    RETURN to_tsquery(language, quoted || weights) || as_written;
END
$$
"""
# One term of a question: a run of a script without spaces, or words with signs between them, which stand together in
# the text too.
ASKED_TERM = rf"""
CREATE FUNCTION asked_term(term text, language regconfig, weights text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    parts text[] := ARRAY(SELECT matched[1] FROM regexp_matches(term, '({WORD}+[{SIGNS}]*)', 'g') AS matched);
    many boolean := cardinality(parts) > 1;
    begins_with_dot boolean := term ~ '^[.]{LETTER}';
    has_signs boolean := begins_with_dot OR term ~ '[{SIGNS}]';
    asked tsquery;
    one tsquery;
BEGIN
    IF term ~ '^[{UNSPACED}]' THEN
        FOR one IN
            SELECT DISTINCT to_tsquery('pg_catalog.simple', quote_literal(substr(term, place, 2)) || ':' || weights)
            FROM generate_series(1, greatest(1, char_length(term) - 1)) AS place
        LOOP
            asked := coalesce(asked && one, one);
        END LOOP;
        RETURN asked;
    END IF;
    IF begins_with_dot THEN
        parts[1] := '{AS_DOT}' || parts[1];
    END IF;
    FOR place IN 1..cardinality(parts) LOOP
        IF parts[place] ~ '[{SIGNS}{AS_DOT}]' THEN
            one := to_tsquery('pg_catalog.simple',
                quote_literal(translate(parts[place], '{SIGNS}', '{AS_LETTERS}')) || ':*' || weights);
        ELSE
            one := asked_word(parts[place], language, weights,
                NOT many OR place = cardinality(parts) AND parts[place] !~ '^{LETTER}$');
        END IF;
        asked := CASE WHEN place = 1 THEN one WHEN has_signs THEN asked && one ELSE asked <-> one END;
    END LOOP;
    IF many AND NOT has_signs AND term !~ '[0-9/&@_]' THEN
        asked := asked || asked_word(translate(term, '.''-', ''), language, weights, true);
    END IF;
    RETURN asked;
END
$$
"""
# A question that grows while it is folded is cut: one compatibility character may stand for eighteen letters.
ASKED = rf"""
CREATE FUNCTION asked(question text, language regconfig, weights text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    term text;
    one tsquery;
    asked tsquery;
BEGIN
    FOR term IN
        SELECT DISTINCT matched[1] FROM regexp_matches(
            left(folded(question), 400), '([{UNSPACED}]+|[.]?{WORD}+(?:[{SIGNS}.''/&@_-]+{WORD}+)*[{SIGNS}]*)', 'g') AS matched
    LOOP
        one := asked_term(term, language, weights);
        asked := coalesce(asked && one, one);
    END LOOP;
    RETURN coalesce(asked, to_tsquery('pg_catalog.simple', ''));
END
$$
"""

FUNCTIONS = (
    FOLDED_LETTERS,
    FOLDED,
    PLAIN_WORDS,
    FURTHER_WORDS,
    SIMPLE_WORDS,
    WORDS_OF,
    WORDS_AND_STEMS_OF,
    WORDS_OF_PERSON,
    ASKED_WORD,
    ASKED_TERM,
    ASKED,
)
SIGNATURES = (
    "asked(text, regconfig, text)",
    "asked_term(text, regconfig, text)",
    "asked_word(text, regconfig, text, boolean)",
    "words_of(text, regconfig)",
    "simple_words(text)",
    "further_words(text)",
    "plain_words(text, text)",
    "folded(text)",
    "folded_letters(text)",
)
# 0017's, which knew neither accents nor signs.
FORMER_WORDS_OF = f"""
CREATE OR REPLACE FUNCTION words_of(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', translate($1, '{PUNCTUATION}', '{BLANKS}'))
$$
"""
FORMER_WORDS_OF_PERSON = """
CREATE OR REPLACE FUNCTION words_of_person(text, text, text, text, text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(words_of($1 || ' ' || $2 || ' ' || $3), 'A') || words_of($4 || ' ' || coalesce($5, ''))
$$
"""

LAST = " DESC NULLS LAST"
ORDERS = (
    ("users", "first_name", "first_name", "", None),
    ("users", "last_name", "last_name", "", None),
    ("users", "department", "department", "", None),
    ("users", "department_last", "department", LAST, None),
    ("courses", "title", "title", "", "deleted_at IS NULL"),
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    _index_as("folded({})")


def downgrade() -> None:
    _index_as("lower({})")
    op.execute(FORMER_WORDS_OF)
    op.execute(FORMER_WORDS_OF_PERSON)
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")


def _index_as(expression: str) -> None:
    """Made beside the old ones, which takes its time and lets people read; put in their place in an instant."""
    for table, name, column, order, where in ORDERS:
        keys = [sa.text(expression.format(column) + order), sa.text("id DESC" if order else "id")]
        condition = sa.text(where) if where else None
        op.create_index(f"ix_{table}_{name}_new", table, keys, postgresql_where=condition)
    for table, name, *_ in ORDERS:
        op.drop_index(f"ix_{table}_{name}", table)
        op.execute(f"ALTER INDEX ix_{table}_{name}_new RENAME TO ix_{table}_{name}")
