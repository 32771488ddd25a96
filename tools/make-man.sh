#!/bin/sh
# The manual pages of the public headers, made from them, so that nothing is
# written twice.  Needs an awk of any kind and nothing else.
#
#   tools/make-man.sh page include/carom/process.h      carom_process(3), on stdout
#   tools/make-man.sh links include/carom/*.h           "function page" for each function that needs a
#                                                       page which sends man to the header's
#
# What it relies on in a header:
#   - the first comment is about the whole, and its first sentence is the title;
#   - "/* ---- title ---- */" begins a section;
#   - a comment belongs to the declarations that follow it, up to the next blank line;
#   - lines of a comment that are indented by two or more stand as they are, those that begin with a status in a list;
#   - what is inside #if is private, but for #ifndef __cplusplus; so are names in carom__ and CAROM__.
# What it does not know it names, and fails.
set -eu

LC_ALL=C
export LC_ALL

usage() {
	sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2
	exit 2
}

[ $# -ge 2 ] || usage
what=$1
shift
case $what in
page) [ $# -eq 1 ] || usage ;;
links) ;;
*) usage ;;
esac

program='
# What is said before all of the header is read waits for the head of the page.
function emit(line) {
	if (line == ".PP" && lines[line_count] ~ /^\.(PP|S[HS].*)$/) return
	lines[++line_count] = line
}

# ---- text for roff ----

# Marks that no header has: bold, roman, italic, backslash, and before a word that must not be hyphenated.
BEGIN { bold = "\001"; roman = "\002"; italic = "\003"; slash = "\004"; whole = "\005" }

function swap(s, from, to,    part, n, i, out) {
	n = split(s, part, from)
	out = part[1]
	for (i = 2; i <= n; i++) out = out to part[i]
	return out
}

function marks(s) {
	s = swap(s, bold, "\\fB")
	s = swap(s, roman, "\\fR")
	s = swap(s, italic, "\\fI")
	s = swap(s, whole, "\\%")
	return swap(s, slash, "\\")
}

# One line of output that begins with no request, in ASCII.
function put(s,    c) {
	gsub(/\\/, slash "e", s)
	gsub(/-/, slash "-", s)
	gsub(/≥/, slash "(>=", s)
	gsub(/≤/, slash "(<=", s)
	gsub(/…/, "...", s)
	gsub(/µ/, slash "(mc", s)
	if (s ~ /[\200-\377]/) {
		print FILENAME ": a character that this script does not know: " s | "cat >&2"
		bad = 1
	}
	c = substr(s, 1, 1)
	if (c == "." || c == "\047") s = slash "\\&" s
	s = marks(s)
	emit(s)
}

# Running text, with what can be called in bold.
function put_text(s,    sentence, n, i) {
	gsub(/CAROM_[A-Z0-9_]+/, bold whole "&" roman, s)
	gsub(/carom_[a-z0-9_]+/, bold whole "&" roman, s)
	gsub(/carom-worker\(/, bold "carom-worker" roman "(", s)
	s = quotes(s)
	s = stars(s)
	gsub(/\.  /, ".\n", s)
	n = split(s, sentence, "\n")
	for (i = 1; i <= n; i++) fold(sentence[i])
}

# In lines as a person would write them.
function fold(s,    word, n, i, line) {
	n = split(s, word, " ")
	line = word[1]
	for (i = 2; i <= n; i++) {
		if (length(line) + 1 + length(word[i]) > 72) {
			put(line)
			line = word[i]
		} else
			line = line " " word[i]
	}
	put(line)
}

# What is in backquotes, in bold.
function quotes(s,    part, n, i, out) {
	n = split(s, part, "`")
	if (n % 2 == 0) return s
	out = part[1]
	for (i = 2; i <= n; i++) {
		if (i % 2 == 0) {
			gsub("[" bold roman whole "]", "", part[i])
			out = out bold part[i] roman
		} else
			out = out part[i]
	}
	return out
}

# *A word* between stars, in italics.
function stars(s,    out) {
	while (match(s, /\*[a-z]+\*/)) {
		out = out substr(s, 1, RSTART - 1) italic substr(s, RSTART + 1, RLENGTH - 2) roman
		s = substr(s, RSTART + RLENGTH)
	}
	return out s
}

# ---- comments ----

# The text of a comment line: without its marks.  Sets last when the comment ends there.
function uncomment(line) {
	last = line ~ /\*\/[ \t]*$/
	sub(/[ \t]*\*\/[ \t]*$/, "", line)
	if (line ~ /^\/\*/) sub(/^\/\*[ ]?/, "", line)
	else sub(/^[ ]*\*[ ]?/, "", line)
	return line
}

# Puts a comment (lines between newlines).  between: the request between paragraphs.
function put_comment(text, between,    line, n, i, paragraph, code, first) {
	n = split(text, line, "\n")
	first = 1
	paragraph = ""
	code = 0
	for (i = 1; i <= n + 1; i++) {
		if (i <= n && line[i] ~ /^  +CAROM_[A-Z]+  /) {
			if (paragraph != "") { if (!first) emit(between); put_text(paragraph); paragraph = ""; first = 0 }
			put_tagged(line[i])
			continue
		}
		if (i <= n && line[i] ~ /^  +[^ ]/) {
			if (paragraph != "") { if (!first) emit(between); put_text(paragraph); paragraph = ""; first = 0 }
			if (!code) { emit(between); emit(".EX"); code = 1 }
			put(substr(line[i], 3))
			continue
		}
		if (code && (i > n || line[i] != "" || line[i + 1] !~ /^  +[^ ]/)) { emit(".EE"); code = 0; first = 0 }
		if (code) { emit(""); continue }
		if (i > n || line[i] == "") {
			if (paragraph != "") { if (!first) emit(between); put_text(paragraph); paragraph = ""; first = 0 }
			continue
		}
		paragraph = paragraph == "" ? line[i] : paragraph joint(paragraph) line[i]
	}
}

# A row of a table of statuses.
function put_tagged(row,    tag) {
	sub(/^ +/, "", row)
	tag = row
	sub(/ .*/, "", tag)
	sub(/^[^ ]+ +/, "", row)
	emit(".TP 20")
	put(bold tag roman)
	put_text(row)
}

# A sentence that ends with a line has two spaces behind it.
function joint(before) {
	return before ~ /\.$/ ? "  " : " "
}

# ---- declarations ----

function clean(s) {
	gsub(/[ \t\n]+/, " ", s)
	sub(/^CAROM_API /, "", s)
	sub(/^static inline /, "", s)
	gsub(/ (CAROM_MUST_CHECK|CAROM_NORETURN|CAROM_UNUSED)/, "", s)
	sub(/ CAROM_PRINTF\([^)]*\)/, "", s)
	return s
}

# The name before the first bracket.
function name_of(proto) {
	sub(/\(.*/, "", proto)
	sub(/.*[ *]/, "", proto)
	return proto
}

function put_proto(s) { put_split(s, bold, roman, 70) }

# Code in lines that a terminal has room for.
function put_split(s, before, behind, width,    part, n, i, line) {
	n = split(s, part, ", ")
	line = part[1]
	for (i = 2; i <= n; i++) {
		if (length(line) + 2 + length(part[i]) > width) {
			put(before line "," behind)
			line = "        " part[i]
		} else
			line = line ", " part[i]
	}
	put(before line behind)
}

function spaces(n,    s) {
	while (n-- > 0) s = s " "
	return s
}

# A comment of a field that has no room beside it stands above it.
function put_above(text, indent,    word, n, i, line) {
	n = split(text, word, " ")
	line = spaces(indent) "/*"
	for (i = 1; i <= n; i++) {
		if (length(line) + 1 + length(word[i]) > 62) {
			put(line)
			line = spaces(indent + 2)
		}
		line = line " " word[i]
	}
	put(line " */")
}

# A type as it is in the header.
function put_type(text,    line, n, i, at, code, note, indent, j) {
	n = split(text, line, "\n")
	for (i = 1; i <= n; i++) {
		at = index(line[i], "/*")
		if (at <= 1) { put_split(line[i], "", "", 64); continue }
		if (length(line[i]) <= 64 && line[i] ~ /\*\/$/) { put(line[i]); continue }
		code = substr(line[i], 1, at - 1)
		note = substr(line[i], at + 2)
		while (note !~ /\*\/$/ && i < n) note = note " " line[++i]
		sub(/\*\/$/, "", note)
		sub(/ +$/, "", code)
		match(code, /^ */)
		indent = RLENGTH
		put_above(note, indent)
		put(code)
	}
}

# ---- groups: a comment and what it is about ----

function add(kind, name, text) {
	if (pending != "" || blank) flush()
	if (count == 0) { about = pending; pending = "" }
	count++
	kinds[count] = kind
	names[count] = name
	texts[count] = text
	blank = 0
	if (kind == "function" || kind == "macro") {
		if (new_section && synopsis_count > 0) synopsis[++synopsis_count] = ""
		new_section = 0
		synopsis[++synopsis_count] = text
		callable[++callable_count] = name
	}
}

function is_type(kind) { return kind == "type" || kind == "enum" || kind == "table" }

function put_code(    i) {
	emit(".EX")
	for (i = 1; i <= count; i++) {
		if (is_type(kinds[i])) put_type(texts[i])
		else put_proto(texts[i])
	}
	emit(".EE")
}

function label(    i, s) {
	for (i = 1; i <= count; i++) {
		if (kinds[i] == "function" || kinds[i] == "macro") s = s ", " bold whole names[i] roman "()"
		else if (kinds[i] != "type" || names[i] != "") s = s ", " bold whole names[i] roman
	}
	return substr(s, 3)
}

function flush(    i, code) {
	if (count == 0) return
	for (i = 1; i <= count; i++) if (is_type(kinds[i]) || kinds[i] == "constant") code = 1
	if (about == "") {
		emit(".PP")
		put_code()
	} else {
		emit(".TP")
		put(label())
		put_comment(about, ".IP")
		if (code) { emit(kinds[1] == "table" ? ".PP" : ".IP"); put_code_only() }
	}
	count = 0
	about = ""
}

# Of a group with a comment only what its label does not say.
function put_code_only(    i) {
	emit(".EX")
	for (i = 1; i <= count; i++) {
		if (is_type(kinds[i])) put_type(texts[i])
		else if (kinds[i] == "constant") put(texts[i])
	}
	emit(".EE")
}

function section(title) {
	flush()
	sub(/^---- */, "", title)
	sub(/ *----.*$/, "", title)
	emit(".SS " toupper(substr(title, 1, 1)) substr(title, 2))
	new_section = 1
	blank = 0
}

# ---- the header, line by line ----

function skipping() { return level > 0 && skip[level] }

function macro(text,    name, body) {
	gsub(/\\\n/, "\n", text)
	sub(/^#define +/, "", text)
	if (text ~ /^CAROM__/ || text ~ /^carom__/ || text ~ /^CAROM_[A-Z]+_H$/) return
	name = text
	sub(/[ (\n].*/, "", name)
	if (substr(text, length(name) + 1, 1) != "(") {
		gsub(/ +\n.*/, "", text)
		body = text
		sub(/^[A-Z_]+ */, "", body)
		if (body == "") return
		add("constant", name, text ~ /\n/ || length(text) > 60 ? name : "#define " text)
	} else if (text ~ /^[A-Z_]+\(X\)/)
		add("table", name, table(text))
	else {
		sub(/\).*/, ")", text)
		add("macro", name, text)
	}
}

# An X macro: its rows, without what only the preprocessor wants.
function table(text,    line, n, i, out) {
	n = split(text, line, "\n")
	for (i = 2; i <= n; i++) {
		sub(/ +$/, "", line[i])
		sub(/^ *X\(/, "CAROM_", line[i])
		sub(/,/, "", line[i])
		sub(/,/, "", line[i])
		sub(/"/, "", line[i])
		sub(/"\)$/, "", line[i])
		out = out (out == "" ? "" : "\n") line[i]
	}
	return out
}

function open_group(condition) {
	level++
	skip[level] = skipping_above() || !(level == 1 || condition ~ /^#ifndef __cplusplus/)
	plus[level] = condition ~ /^#ifdef __cplusplus/
	if (skip[level]) pending = ""
}

function skipping_above() { return level > 1 && skip[level - 1] }

function other_branch() {
	if (plus[level] && !skipping_above()) { skip[level] = 0; plus[level] = 0 }
	else if (level > 1) skip[level] = 1
}

in_comment {
	text = text "\n" uncomment($0)
	if (last) end_comment()
	next
}

/^\/\*/ && !skipping() && !in_block && !in_proto && !in_macro {
	text = uncomment($0)
	if (last) end_comment()
	else in_comment = 1
	next
}

function end_comment(    title) {
	in_comment = 0
	if (!seen_first) {
		seen_first = 1
		about_header = text
	} else if (text ~ /^----/) {
		title = text
		sub(/\n.*/, "", title)
		section(title)
		if (text ~ /\n/) {
			sub(/^[^\n]*\n/, "", text)
			put_comment(text, ".PP")
		}
	} else {
		flush()
		pending = pending == "" ? text : pending "\n\n" text
	}
}

in_macro {
	text = text "\n" $0
	if ($0 !~ /\\$/) { in_macro = 0; macro(text) }
	next
}

/^#if/ { open_group($0); next }
/^#el/ { other_branch(); next }
/^#endif/ { level--; next }
skipping() { next }

/^#define/ {
	text = $0
	if ($0 ~ /\\$/) in_macro = 1
	else macro(text)
	next
}
/^#/ { next }

in_block {
	text = text "\n" $0
	if ($0 ~ /^}/) end_block()
	next
}

function end_block(    name) {
	in_block = 0
	name = text
	sub(/;[^;]*$/, "", name)
	sub(/.*[} ]/, "", name)
	add("type", name, text)
}

in_body { if ($0 ~ /^}/) in_body = 0; next }

in_proto {
	if ($0 == "{") { in_proto = 0; in_body = 1; end_proto(text ";"); next }
	text = text " " $0
	if ($0 ~ /;$/) { in_proto = 0; end_proto(text) }
	next
}

function end_proto(s,    name) {
	s = clean(s)
	name = name_of(s)
	if (name ~ /^carom__/) { pending = ""; return }
	add("function", name, s)
}

/^[ \t]*$/ { blank = 1; next }
/^CAROM_(BEGIN|END)$/ || /^struct [a-z_]+;$/ || /^CAROM__/ { next }
/^enum [{] CAROM_STATUS_TABLE/ { pending = ""; next }
/^enum [{].*};$/ {
	name = $0
	sub(/^enum [{] */, "", name)
	sub(/ *[}];$/, "", name)
	gsub(/ = [^,]*/, "", name)
	add("enum", name, $0)
	next
}

/^typedef/ {
	text = $0
	if ($0 ~ /[{]/ && $0 !~ /[}]/) { in_block = 1; next }
	name = $0
	sub(/;.*/, "", name)
	if (match(name, /\(\*/)) { name = substr(name, RSTART + 2); sub(/\).*/, "", name) }
	else sub(/.* /, "", name)
	add("type", name, text)
	next
}

/^CAROM_API/ || /^static inline/ {
	text = $0
	if ($0 ~ /;$/) end_proto(text)
	else in_proto = 1
	next
}

{
	print FILENAME ":" FNR ": what is this? " $0 | "cat >&2"
	bad = 1
}

# ---- the page ----

# The first sentence, without the noun that it may begin with ("Processes: ...").
function title(    s, prefix) {
	s = about_header
	sub(/\n\n.*/, "", s)
	gsub(/\n/, " ", s)
	sub(/\.  .*/, "", s)
	sub(/\.$/, "", s)
	prefix = s
	if (sub(/: .*/, "", prefix) && prefix !~ / .* /) s = substr(s, length(prefix) + 3)
	return tolower(substr(s, 1, 1)) substr(s, 2)
}

# What the first comment says besides.
function rest(    s, at) {
	s = about_header
	at = index(s, "\n\n")
	if (match(s, /\.( |\n)/) && (at == 0 || RSTART < at)) {
		s = substr(s, RSTART + 1)
		sub(/^ */, "", s)
		sub(/^\n*/, "", s)
		return s
	}
	return at ? substr(s, at + 2) : ""
}

function put_head(    i) {
	emit(".\\\" Made by tools/make-man.sh from include/carom/" header ".h: change that.")
	emit(".TH CAROM_" toupper(header) " 3 \"\" \"carom " version "\" \"carom manual\"")
	emit(".ad l")
	emit(".SH NAME")
	put("carom_" header " - " title())
	emit(".SH SYNOPSIS")
	emit(".nf")
	put(bold "#include <carom/" header ".h>" roman)
	if (synopsis_count > 0) emit(".PP")
	for (i = 1; i <= synopsis_count; i++) {
		if (synopsis[i] == "") emit(".PP")
		else put_proto(synopsis[i])
	}
	emit(".fi")
	emit(".PP")
	put("Compile and link with")
	put(bold "`pkg-config --cflags --libs carom`" roman ".")
	emit(".SH DESCRIPTION")
	if (rest() != "") { emit(".PP"); put_comment(rest(), ".PP") }
}

function put_page(    i, n) {
	n = line_count
	put_head()
	for (i = n + 1; i <= line_count; i++) print lines[i]
	for (i = lines[1] == ".PP" && lines[line_count] ~ /^\.SH/ ? 2 : 1; i <= n; i++) print lines[i]
	print ".SH SEE ALSO"
	print ".BR carom (7)"
}

function put_links(    i) {
	for (i = 1; i <= callable_count; i++) if (callable[i] != "carom_" header) print callable[i], "carom_" header
}

END {
	flush()
	if (bad) { close("cat >&2"); exit 1 }
	if (what == "page") put_page()
	else put_links()
}
'

version() {
	sed -n 's/^#define CAROM_VERSION_STRING "\(.*\)"$/\1/p' "$(dirname "$1")/api.h"
}

for file; do
	${AWK-awk} -v what="$what" -v header="$(basename "$file" .h)" -v version="$(version "$file")" "$program" "$file"
done
