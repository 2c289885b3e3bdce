// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// generator makes templates that mostly mean something, and data for them.
type generator struct {
	*rand.Rand
	out       strings.Builder
	variables []string // in scope
	loops     int      // open ranges
	named     bool     // in a definition, whose dot is anything
	careful   bool     // most of what is written has a value
	names     []string // of definitions to come, and of those that there are
	defined   []string
}

func pick[T any](g *generator, from ...T) T {
	return from[g.Intn(len(from))]
}

// one in n
func (g *generator) one(n int) bool { return g.Intn(n) == 0 }

// ---- data

// bytes has no room behind its end: `slice` may reach into that.
func (g *generator) bytes() []byte {
	switch g.Intn(8) {
	case 0:
		return nil
	case 1:
		return []byte{}
	}
	data := make([]byte, g.Intn(pick(g, 3, 9, 40)))
	if g.one(2) {
		copy(data, pick(g, "s3cr3t&<value>\"'", "grüße €\x00😀", "plain text, rather long for this"))
		return data
	}
	g.Read(data)
	return data
}

func (g *generator) secret() Secret {
	return Secret{
		Type:        pick(g, "plain", "plain", "symmetric-key", "cert-rsa", "cert-ecdsa", ""),
		Size:        uint(g.Intn(pick(g, 2, 40))),
		Shared:      g.one(2),
		UserDefined: g.one(2),
		Cert:        Certificate{g.bytes()},
		ValidFor:    uint(pick(g, 0, 1, 7, 365)),
		Private:     g.bytes(),
		Public:      g.bytes(),
	}
}

var secretNames = []string{"k", "p", "crt", "a-b", "1st", "naïve_1", "", "Raw", "Size", "_", "x.y", "größe"}

func (g *generator) secrets() map[string]Secret {
	secrets := map[string]Secret{}
	for i := g.Intn(8); i > 0; i-- {
		secrets[pick(g, secretNames...)] = g.secret()
	}
	return secrets
}

func (g *generator) root() *Root {
	root := &Root{Secrets: g.secrets(), Previous: Previous{g.secrets()}}
	root.MarbleRun = Reserved{g.secret(), g.secret(), g.secret(), g.secret()}
	if !g.one(4) {
		root.Secrets["k"], root.Secrets["p"] = g.secret(), g.secret()
	}
	return root
}

// ---- values

func (g *generator) secretName() string {
	return pick(g, "k", "k", "p", "p", "crt", "naïve_1", "none", "K", "Raw")
}

func (g *generator) field() string {
	return pick(g, ".Type", ".Size", ".Shared", ".UserDefined", ".ValidFor", ".Private", ".Public", ".Cert.Raw",
		".Cert", ".Private", ".Public", ".Nope", ".Type.x", "")
}

func (g *generator) secretSource() string {
	switch g.Intn(12) {
	case 0:
		return ".MarbleRun." + pick(g, "RootCA", "MarbleCert", "CoordinatorRoot", "CoordinatorIntermediate", "None")
	case 1:
		return ".Previous.Secrets." + g.secretName()
	case 2:
		return "$.Secrets." + g.secretName()
	case 3:
		return fmt.Sprintf("(index .Secrets %s)", strconv.Quote(pick(g, secretNames...)))
	case 4:
		return fmt.Sprintf("(index $.Previous.Secrets %s)", g.text())
	case 5:
		return "(.Secrets)." + g.secretName()
	case 6:
		return "(.Secrets." + g.secretName() + ")"
	}
	return ".Secrets." + g.secretName()
}

func (g *generator) text() string {
	switch g.Intn(14) {
	case 0:
		return `""`
	case 1:
		return "`" + pick(g, "raw\\n", "a\r\nb", "two\nlines", "", "\xff\x80", "{{}}", "}}") + "`"
	case 2:
		if g.one(4) {
			return `"` + pick(g, `\q`, `\'`, `\ud800`, `\x4`, `\400`) + `"`
		}
		return `"` + pick(g, `\x41\xff`, `\101\012`, `é\U0001F600`, `\a\b\f\n\r\t\v\\\"`, `it's`, "\xff", `{{`, `}}`,
			"é€😀", "\t", "\u2028\u00ad\u0378\x7f", `\x00`) + `"`
	case 3:
		return strconv.Quote(pick(g, secretNames...))
	case 4:
		return strconv.Quote(strings.Repeat(pick(g, "ab", "é", "<"), g.Intn(12)))
	case 5:
		return strconv.QuoteToASCII(string([]rune{rune(g.Intn(0x300)), rune(g.Intn(0x30000)), rune(g.Intn(0x110000))}))
	}
	return strconv.Quote(pick(g, "x", "text", "a b&c/d?é~-_.", "<a href=\"x\">&'", "grüße", "'\\\n=", "10", "9", "p", "k"))
}

func (g *generator) number() string {
	switch g.Intn(10) {
	case 0:
		return pick(g, "0x1F", "0b101", "0o17", "017", "1_000", "'a'", "'€'", `'\n'`, `'\''`, `'\xff'`, "+3", "-0", "0xffff_ffff")
	case 1:
		return pick(g, "1.5", "2.0", "1e3", ".5", "-2.75", "1e-7", "123456.789", "1e21", "0.1", "-0.0", "0x1p-3", "1e100",
			"0.000001", "100000.0", "1234567.0", "3.0e5")
	case 2:
		return pick(g, "9223372036854775807", "-9223372036854775808", "9223372036854775808", "4294967296", "65533", "55296",
			"1114111", "1114112", "-9223372036854775809")
	case 3:
		return strconv.FormatFloat(g.NormFloat64()*float64(pick(g, 1, 1000, 1e9)), 'g', pick(g, -1, 3), 64)
	case 4:
		if !g.one(8) {
			return "7"
		}
		return pick(g, "1x", "08", "0x", "1__0", "1e", "'ab'", "''", "1.2.3", "0b2", "1-", "+", "0x1.8")
	}
	return strconv.Itoa(g.Intn(pick(g, 4, 300)) - pick(g, 0, 0, 2))
}

// value is an operand: no blanks outside of parentheses and quotes.
func (g *generator) value(depth int) string {
	switch g.Intn(14) {
	case 0:
		return g.text()
	case 1, 2:
		return g.number()
	case 3:
		return pick(g, "true", "false", "nil", ".", "$")
	case 4, 5:
		if len(g.variables) > 0 {
			return pick(g, g.variables...) + pick(g, "", "", "", ".Size", ".Type")
		}
		return g.text()
	case 6, 7, 8:
		if depth > 0 {
			return "(" + g.pipeline(depth-1) + ")" + pick(g, "", "", "", "", "", "", ".Size", ".Raw")
		}
		return g.number()
	case 9:
		return pick(g, ".Secrets", ".Previous", ".Previous.Secrets", ".MarbleRun", ".secrets", "$.Secrets", "print", "len")
	}
	if g.named && g.one(2) {
		return "." + pick(g, "k", "p", "none", "Size", "Private", "Secrets.k.Size", "Type")
	}
	return g.secretSource() + g.field()
}

func (g *generator) values(depth, least, most int) string {
	var all strings.Builder
	for i := least + g.Intn(most-least+1); i > 0; i-- {
		all.WriteString(" " + g.value(depth))
	}
	return all.String()
}

func (g *generator) bytesOrText(depth int) string {
	switch g.Intn(4) {
	case 0:
		return g.text()
	case 1:
		return g.value(depth)
	}
	return g.secretSource() + pick(g, ".Private", ".Public", ".Cert.Raw", ".Type")
}

// directive is one of printf's.
func (g *generator) directive() string {
	if g.one(20) {
		return pick(g, "%", "%%", "%5%", "%!", "%[", "%[x]d", "%[0]d", "%5.", "%.", "%-", "%*", "%é")
	}
	d := "%"
	for g.one(3) {
		d += pick(g, "+", "-", "#", " ", "0")
	}
	if g.one(12) {
		d += fmt.Sprintf("[%d]", 1+g.Intn(4))
	}
	if g.one(3) {
		d += pick(g, "*", strconv.Itoa(g.Intn(14)), strconv.Itoa(g.Intn(14)), "[1]*")
	}
	if g.one(4) {
		d += "." + pick(g, "", "*", strconv.Itoa(g.Intn(8)), strconv.Itoa(g.Intn(8)), "[2]*")
	}
	if g.one(16) {
		d += fmt.Sprintf("[%d]", g.Intn(4))
	}
	return d + pick(g, "s", "s", "d", "d", "v", "v", "x", "X", "q", "q", "c", "U", "b", "o", "O", "t", "T", "e", "f", "g",
		"G", "E", "F", "p", "w", "z")
}

func (g *generator) format() string {
	var f strings.Builder
	for i := 1 + g.Intn(3); i > 0; i-- {
		f.WriteString(pick(g, "", "|", " ", "a=", "é") + g.directive())
	}
	return strconv.Quote(f.String())
}

// ---- commands and pipelines

func (g *generator) command(depth int) string {
	switch g.Intn(24) {
	case 0, 1, 2, 3:
		return "printf " + g.format() + g.values(depth, 0, 3)
	case 4:
		return pick(g, "print", "println") + g.values(depth, 0, 4)
	case 5:
		return pick(g, "html", "js", "urlquery") + g.values(depth, 0, 2)
	case 6:
		return "len " + g.bytesOrText(depth)
	case 7, 8:
		return "index " + g.bytesOrText(depth) + g.values(depth, 0, 2)
	case 9, 10:
		return "slice " + g.bytesOrText(depth) + strings.Repeat(" "+strconv.Itoa(g.Intn(5)), g.Intn(4))
	case 11:
		return "slice " + g.bytesOrText(depth) + g.values(depth, 0, 4)
	case 12, 13:
		return pick(g, "eq", "ne", "lt", "le", "gt", "ge") + g.values(depth, 2, 2)
	case 14:
		return pick(g, "eq", "ne", "lt", "ge", "not") + g.values(depth, 0, 3)
	case 15, 16:
		return pick(g, "and", "or") + g.values(depth, 0, 3)
	case 17, 18:
		return pick(g, "hex", "base64", "pem", "raw", "string") + g.values(depth, 1, 1)
	case 19:
		return pick(g, "hex", "base64", "pem", "raw", "string", "call", "printf", "not", "not", pick(g, "nofunc", "not", "not", "not", "not", "not")) + g.values(depth, 0, 2)
	case 20:
		return g.value(depth) + g.values(depth, 1, 1)
	}
	return pick(g, "hex", "base64", "pem", "print", "html") + " " + g.secretSource() + g.field()
}

func (g *generator) pipeline(depth int) string {
	if g.careful && !g.one(25) {
		return g.typedPipeline(depth)
	}
	var p strings.Builder
	if g.one(2) {
		p.WriteString(g.value(depth))
	} else {
		p.WriteString(g.command(depth))
	}
	for g.one(4) {
		p.WriteString(pick(g, " | ", "|", " |\n") + g.command(depth))
	}
	if g.one(300) {
		p.WriteString(pick(g, " |", " | 1", ", 1", " := 1", ")", " #"))
	}
	return p.String()
}

// ---- nodes

func (g *generator) action(inner string) {
	g.out.WriteString("{{" + pick(g, "", "", " ", "- ", "-\n") + inner + pick(g, "", "", " ", " -", "\n-") + "}}")
}

func (g *generator) declared(inner string) string {
	name := pick(g, "$x", "$y", "$größe_1")
	switch g.Intn(4) {
	case 0:
		if len(g.variables) > 0 {
			return pick(g, g.variables...) + " = " + inner
		}
	case 1:
		return inner
	}
	g.variables = append(g.variables, name)
	return name + pick(g, " := ", ":=", " :=") + inner
}

// over is something to range over that ends soon.
func (g *generator) over() string {
	if g.careful && !g.one(10) {
		return pick(g, g.typedBytes(), g.typedBytes(), "3", "len "+g.typedBytes(), "$.Secrets", "$.Secrets.none", "$.Secrets.k.Size")
	}
	switch g.Intn(8) {
	case 0:
		return pick(g, "3", "0", "-1", "true", "nil", "1.5", `"abc"`)
	case 1:
		return pick(g, ".Secrets", "$.Secrets", ".Previous.Secrets")
	case 2:
		return "len " + g.bytesOrText(0)
	case 3:
		return "slice " + g.secretSource() + ".Private 0 2"
	case 4:
		return g.secretSource() + g.field()
	case 5:
		return "index " + g.secretSource() + ".Public 0"
	}
	return g.secretSource() + pick(g, ".Private", ".Public", ".Cert.Raw")
}

func (g *generator) rangeClause() string {
	switch g.Intn(6) {
	case 0, 1:
		return g.over()
	case 2:
		g.variables = append(g.variables, "$v")
		return "$v := " + g.over()
	case 3:
		if len(g.variables) > 1 {
			return g.variables[0] + ", " + g.variables[1] + " = " + g.over()
		}
	case 4:
		if g.careful {
			return g.over()
		}
		return pick(g, "$i = ", "$i, $v = ", "$i, $v = ", "$i = ", pick(g, "$i, $v, $w := ", "$i, ", "$i, 1 := ")) + g.over()
	}
	g.variables = append(g.variables, "$i", "$v")
	return "$i, $v := " + g.over()
}

// block writes a control structure, its variables being gone afterwards.
func (g *generator) block(depth int) {
	mark := len(g.variables)
	switch g.Intn(4) {
	case 0:
		loops := g.loops
		g.action("range " + g.rangeClause())
		g.loops++
		g.nodes(depth - 1)
		g.loops = loops
	case 1:
		g.action("with " + g.declared(g.pipeline(1)))
		g.nodes(depth - 1)
		for g.one(4) {
			g.action("else with " + g.declared(g.pipeline(1)))
			g.nodes(depth - 1)
		}
	default:
		g.action("if " + g.declared(g.pipeline(1)))
		g.nodes(depth - 1)
		for g.one(4) {
			g.action("else if " + g.declared(g.pipeline(1)))
			g.nodes(depth - 1)
		}
	}
	if g.one(2) {
		g.action("else")
		g.nodes(depth - 1)
	}
	g.action("end")
	g.variables = g.variables[:mark]
}

// definition writes a define or block, which sees no variables from outside and is rarely there twice.
func (g *generator) definition(keyword, behind string, depth int) {
	if len(g.names) == 0 || g.one(100) {
		g.names = append(g.names, "t")
	}
	name := g.names[0]
	g.names = g.names[1:]
	variables, loops, named := g.variables, g.loops, g.named
	g.variables, g.loops, g.named = nil, 0, true
	g.action(keyword + " " + pick(g, strconv.Quote(name), "`"+name+"`") + behind)
	g.nodes(depth - 1)
	g.action("end")
	g.variables, g.loops, g.named = variables, loops, named
	g.defined = append(g.defined, name)
}

// call uses a definition that is complete, so that it ends, but for some.
func (g *generator) call() {
	name := pick(g, "t", "none", "data", "u")
	if g.careful && !g.one(30) {
		if len(g.defined) == 0 {
			return
		}
		name = pick(g, g.defined...)
	}
	argument := pick(g, "", " .", " .Secrets", " $", " "+g.pipeline(1))
	if g.named && g.careful {
		argument = " $"
	}
	g.action("template " + strconv.Quote(name) + argument)
}

func (g *generator) plain() string {
	return pick(g, "text", " ", "\n", " \t\r\n", "a }} b", "{ ", "}", "\u00a0", "é\xff\x00", "x ", "$x", "  y\n")
}

func (g *generator) node(depth int) {
	switch g.Intn(16) {
	case 0, 1, 2:
		g.out.WriteString(g.plain())
	case 3, 4:
		g.action(g.declared(g.pipeline(2)))
	case 5:
		g.out.WriteString(pick(g, "{{/* c */}}", "{{- /* c\nd */ -}}", "{{/* }} {{ */}}", "{{/* c */ -}}", pick(g, "{{/**/}}", "{{/**/}}", "{{/**/}}", "{{-/* c */}}", "{{/*c*/ }}")))
	case 6, 7, 8:
		if depth > 0 {
			g.block(depth)
		}
	case 9:
		if g.loops > 0 {
			g.action(pick(g, "break", "continue"))
		} else if g.one(30) {
			g.action(pick(g, "break", "end", "else", "continue", "define \"t\"", "else if 1"))
		}
	case 10:
		g.call()
	case 11:
		if depth > 0 && g.one(3) {
			g.definition("block", " "+g.pipeline(1), depth)
		}
	default:
		g.action(g.pipeline(2))
	}
}

func (g *generator) nodes(depth int) {
	for i := g.Intn(4); i > 0; i-- {
		g.node(depth)
	}
}

// spoil changes a few bytes.
func (g *generator) spoil(text string) string {
	for i := 1 + g.Intn(3); i > 0 && len(text) > 0; i-- {
		at := g.Intn(len(text))
		end := min(len(text), at+1+g.Intn(4))
		switch g.Intn(4) {
		case 0:
			text = text[:at] + text[end:]
		case 1:
			text = text[:end] + text[at:]
		case 2:
			text = text[:at] + string(rune(g.Intn(pick(g, 128, 128, 0x400)))) + text[end:]
		case 3:
			text = text[:at] + pick(g, "{{", "}}", "-", " ", "\n", ".", "$", "|", "(", ")", "\"", "`", ":=", ",", "'", "%",
				"end", "nil", " -}}", "{{- ", "/*", "*/", "é", "\xff", "_", "0x", "e") + text[at:]
		}
	}
	return text
}

func (g *generator) template() string {
	g.out.Reset()
	g.variables, g.loops, g.named, g.defined = nil, 0, false, nil
	g.careful = !g.one(4)
	g.names = []string{"t", "u", "v", "b", "größe", "", "data", "w"}
	for g.one(4) {
		g.definition("define", "", 2)
	}
	for i := 1 + g.Intn(4); i > 0; i-- {
		g.node(3)
	}
	for g.one(6) {
		g.definition("define", "", 2)
	}
	text := g.out.String()
	if g.one(6) {
		text = g.spoil(text)
	}
	return text
}
