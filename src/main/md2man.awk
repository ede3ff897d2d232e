# SPDX-License-Identifier: BSD-3-Clause
#
# A page in Markdown as a manual page: awk -v name=NAME -v section=7 -v summary=TEXT -f md2man.awk PAGE
# It knows what our pages use: headings, paragraphs, lists, tables, blocks, `code`, **strong** and links.

function escape(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	return s
}

# Inline marks, one after the other from the left; what stands in `code` is left alone.
function inline(s,    out, at, rest, word)
{
	out = ""
	while (match(s, /`[^`]+`|\*\*[^*]+\*\*|\[[^]]+\]\([^)]+\)/)) {
		out = out escape(substr(s, 1, RSTART - 1))
		word = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		if (word ~ /^`/)
			out = out "\\fB" escape(substr(word, 2, length(word) - 2)) "\\fR"
		else if (word ~ /^\*\*/)
			out = out "\\fI" escape(substr(word, 3, length(word) - 4)) "\\fR"
		else {
			sub(/^\[/, "", word)
			sub(/\]\(.*$/, "", word)
			out = out inline(word)
		}
	}
	return out escape(s)
}

function line(s)
{
	s = inline(s)
	if (s ~ /^[.']/)
		s = "\\&" s
	print s
}

function row(s,    cells, n, i)
{
	gsub(/^\| *| *\|$/, "", s)
	gsub(/\\\|/, "\001", s)
	n = split(s, cells, / *\| */)
	for (i = 1; i <= n; i++)
		gsub(/\001/, "|", cells[i])
	print ".TP"
	line(cells[1])
	for (i = 2; i <= n; i++)
		if (cells[i] != "")
			line(cells[i] (i < n && cells[i + 1] != "" ? ";" : ""))
	if (n < 2)
		print "\\&"
}

function paragraph()
{
	return fresh ? "" : ".PP\n"
}

function leave_list()
{
	if (inlist)
		pending = 1
	inlist = 0
}

BEGIN {
	printf ".\\\" SPDX-License-Identifier: BSD-3-Clause\n.TH %s %s \"\" \"brandns\" \"brandns\"\n", toupper(name), section
}

/^```/ {
	fenced = !fenced
	print fenced ? paragraph() ".nf" : ".fi"
	pending = !fenced
	next
}
fenced {
	sub(/^\t/, "        ")
	gsub(/\\/, "\\e")
	gsub(/-/, "\\-")
	print /^[.']/ ? "\\&" $0 : $0
	next
}
/^    / && !inlist {
	if (!indented++)
		print paragraph() ".nf"
	sub(/^    /, "")
	gsub(/\\/, "\\e")
	gsub(/-/, "\\-")
	print /^[.']/ ? "\\&" $0 : $0
	next
}
indented && !/^$/ { print ".fi"; indented = 0; pending = 1 }
/^# / {
	printf ".SH NAME\n%s \\- %s\n.SH DESCRIPTION\n", escape(name), escape(summary)
	fresh = 1
	next
}
# The parts of a page that a manual page has anyway.
/^## / { skipped = $0 == "## Name" }
skipped { next }
/^## Description$/ { fresh = 1; next }
/^## / { leave_list(); printf ".SH %s\n", toupper(inline(substr($0, 4))); fresh = 1; pending = table = 0; next }
/^### / { leave_list(); printf ".SS %s\n", inline(substr($0, 5)); fresh = 1; pending = table = 0; next }
/^\|[-| :]+\|$/ { next }
/^\|/ {
	if (!table++)
		next # names its columns, which a list of terms doesn't need
	row($0)
	fresh = 0
	next
}
/^$/ {
	if (indented)
		print ""
	else
		pending = !fresh
	table = 0
	next
}
/^- / {
	print ".IP \\(bu 2"
	inlist = 1
	line(substr($0, 3))
	fresh = pending = 0
	next
}
inlist && /^  / { sub(/^ +/, ""); line($0); next }
{
	leave_list()
	if (pending)
		print ".PP"
	line($0)
	fresh = pending = table = 0
}
