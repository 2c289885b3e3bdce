// SPDX-License-Identifier: Apache-2.0

package main

import "strconv"

// Values of a known type, so that many templates come to an output.

func (g *generator) present() string {
	return pick(g, ".Secrets.k", ".Secrets.p", "$.Secrets.k", "$.Secrets.p", `(index $.Secrets "k")`, "$.MarbleRun.RootCA",
		`(index .Secrets "none")`, "$.MarbleRun.MarbleCert")
}

func (g *generator) typedBytes() string {
	of := "$" + pick(g, ".Secrets.k", ".Secrets.p", ".MarbleRun.RootCA")
	value := of + pick(g, ".Private", ".Public", ".Cert.Raw")
	if g.one(6) {
		return "(slice " + value + ")"
	}
	return value
}

func (g *generator) typedInt(depth int) string {
	if depth > 0 {
		switch g.Intn(8) {
		case 0:
			return "(len " + g.typedBytes() + ")"
		case 1:
			return "(len " + g.typedText(depth-1) + ")"
		case 2:
			return `(index "abc" ` + strconv.Itoa(g.Intn(3)) + ")"
		case 3:
			return "$." + pick(g, "Secrets.k", "Secrets.p", "MarbleRun.RootCA") + pick(g, ".Size", ".ValidFor")
		case 4:
			return "(or 0 " + g.typedInt(depth-1) + ")"
		}
	}
	return pick(g, strconv.Itoa(g.Intn(300)-20), "0x1F", "'é'", "0b11", "017", "1_000", "0")
}

func (g *generator) typedText(depth int) string {
	if depth > 0 {
		switch g.Intn(10) {
		case 0:
			return "(slice " + strconv.Quote("grüße, Welt"[:g.Intn(12)]) + " 0)"
		case 1, 2, 3:
			return "(printf " + g.format() + " " + g.typed(depth-1) + " " + g.typed(depth-1) + ")"
		case 4:
			return "(print " + g.typed(depth-1) + " " + g.typed(depth-1) + ")"
		case 5:
			return "(" + g.typed(depth-1) + " | " + pick(g, "html", "js", "urlquery", "print", "println 1") + ")"
		case 6:
			return "$.Secrets." + pick(g, "k", "p") + ".Type"
		case 7:
			return "(or " + g.typedText(depth-1) + " \"none\")"
		}
	}
	return strconv.Quote(pick(g, "x", "text", "a b&c/d?é~-_.", "<a href=\"x\">&'", "grüße\t\u2028\u0378", "'\\\n=\x00\xff", "", "9"))
}

func (g *generator) typedBool(depth int) string {
	if depth > 0 {
		switch g.Intn(8) {
		case 0:
			return "(" + pick(g, "eq", "ne", "lt", "le", "gt", "ge") + " " + g.typedInt(depth-1) + " " + g.typedInt(depth-1) + ")"
		case 1:
			return "(" + pick(g, "eq", "ne", "lt", "le", "gt", "ge") + " " + g.typedText(depth-1) + " " + g.typedText(depth-1) + ")"
		case 2:
			return "(not " + g.typed(depth-1) + ")"
		case 3:
			return "(" + pick(g, "and", "or") + " " + g.typedBool(depth-1) + " " + g.typedBool(depth-1) + ")"
		case 4:
			return "(eq " + g.typedInt(depth-1) + " " + g.typedInt(depth-1) + " " + g.typedInt(depth-1) + " nil)"
		}
	}
	return pick(g, "true", "false", "$.Secrets.k.Shared", "$.Secrets.p.UserDefined")
}

func (g *generator) typed(depth int) string {
	switch g.Intn(12) {
	case 0, 1, 2:
		return g.typedInt(depth)
	case 3, 4, 5, 6:
		return g.typedText(depth)
	case 7, 8:
		return g.typedBytes()
	case 9:
		return pick(g, "$.Secrets.none", "nil", "$.Secrets.none.Size", "1.5", "-0.25", "1e3", "3e-9", "123456789.5")
	case 10:
		if len(g.variables) > 0 {
			return pick(g, g.variables...)
		}
	}
	return g.typedBool(depth)
}

// typedPipeline is a value in parentheses without them, or one that stands alone.
func (g *generator) typedPipeline(depth int) string {
	if g.one(4) {
		return pick(g, "hex", "base64", "print", "raw", "html") + " " + g.typedBytes()
	}
	value := g.typed(depth)
	if value == "nil" {
		return "print nil"
	}
	if len(value) > 0 && value[0] == '(' && g.one(2) && value[len(value)-1] == ')' {
		return value[1 : len(value)-1]
	}
	return value
}
