// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"fmt"
	"math/rand"
	"reflect"
	"strconv"
	"strings"
)

// generator makes documents in and around the shape of a manifest, by reflection on its types. What
// the two need not agree on, as it is no part of the rules of 10 §2 and §3, is not generated:
//
//   - With Go's decoder, items of an earlier list shine through null items, and missing members of
//     items, of a later list of the same name; here each list stands for itself. So where a list may
//     come again its items are whole.
//   - Go takes times that are not RFC 3339, such as 2030-01-31T1:00:00Z or an offset of 99 hours.
//   - Where anything may stand (PublicKey, Value), Go refuses numbers beyond float64.
//   - Members beside a certificate as text (`"Cert":"…","Cert":{…}`) have no defined meaning.
//   - What no certificate can be made from (refusedEarly) is refused here even if it is overwritten.
type generator struct {
	*rand.Rand
	certificates []string // DER in base64
	faults       bool     // what makes a document invalid is allowed
	plain        bool     // neither duplicates nor templates: single bytes are changed afterwards
	whole        int      // > 0: every member once, no null and no faults
	overwritten  int      // > 0: a later member may replace this one
}

func pick[T any](g *generator, from ...T) T { return from[g.Intn(len(from))] }

// one in n
func (g *generator) one(n int) bool { return g.Intn(n) == 0 }

func newGenerator(random *rand.Rand) (*generator, error) {
	g := &generator{Rand: random}
	for range 60 {
		der, err := g.certificate()
		if err != nil {
			return nil, err
		}
		g.certificates = append(g.certificates, base64.StdEncoding.EncodeToString(der))
	}
	return g, nil
}

// --- text ---

func (g *generator) space() string { return pick(g, "", "", "", "", "", " ", "\t", "\n", "\r\n  ") }

var pieces = []string{"a", "Z", "0", "-", ".", "/", " ", "\x7f", "é", "€", "\u2028", "\U0001f600", "\ufffd", "\xff",
	"\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf0\x9f\x98", "\\\"", "\\\\", "\\/", "\\n", "\\u0000", "\\u0041",
	"\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\ud83d\\ud83d\\ude00", "<", "&", "%", "{{", "}}", ":", "@", "*", "?", "#"}

func (g *generator) text() string {
	var out strings.Builder
	for n := g.Intn(5); n > 0; n-- {
		if g.faults && g.one(400) {
			out.WriteString(pick(g, "\\x41", "\\u12", "\\", "\n", "\x00", "\"", "\\U0041"))
		} else {
			out.WriteString(pick(g, pieces...))
		}
	}
	return `"` + out.String() + `"`
}

// Values of members that name one of a few things.
var choices = map[string][]string{
	"Type":         {"symmetric-key", "cert-rsa", "cert-ecdsa", "cert-ed25519", "plain", "Plain", ""},
	"ResourceType": {"Packages", "Secrets", "Manifest", "manifest"},
	"SealMode":     {"ProductKey", "UniqueKey", "Disabled", ""},
	"Port":         {"8080", "443", "*", ""},
	"Scheme":       {"https", "mailto", "", "spiffe", "HTTP"},
	"Host":         {"example.com", "[::1]:80", "", "a b", "localhost:8443", "exämple"},
	"Path":         {"/a/b c", "", "*", "a:b", "//x", "/%2F", "/ü?#", "."},
	"RawPath":      {"", "/a/b%20c", "/a%2Fb", "/%zz", "%"},
}

func (g *generator) named(member string) string {
	if known := choices[member]; known != nil && !g.one(4) {
		return `"` + pick(g, known...) + `"`
	}
	return g.text()
}

// member writes a name, now and then one that only folds to it.
func (g *generator) member(name string) string {
	switch {
	case !g.one(8):
	case g.one(4):
		name = strings.ToUpper(name)
	case g.one(3):
		name = strings.ToLower(name)
	case g.one(3):
		at := g.Intn(len(name))
		name = fmt.Sprintf("%s\\u%04x%s", name[:at], name[at], name[at+1:])
	default:
		name = strings.NewReplacer("s", "\u017f", "k", "\u212a", "K", "\\u212a").Replace(name)
	}
	return g.space() + `"` + name + `"` + g.space() + ":" + g.space()
}

func (g *generator) key() string {
	if g.one(6) {
		return g.text()
	}
	return `"` + pick(g, "a", "b", "A", "p", "/etc/x", "Packages", "", "ü") + `"`
}

// --- any JSON ---

// anything has numbers beyond float64 only if huge ones are allowed.
func (g *generator) anything(depth int, huge bool) string {
	switch kind := g.Intn(9); {
	case kind == 0:
		return pick(g, "null", "true", "false")
	case kind == 1:
		return pick(g, "0", "-0", "1", "255", "65536", "18446744073709551616", "3.0", "1e2", "1.5e-7", "-1")
	case kind == 2 && huge:
		return pick(g, "1e999999", "99999999999999999999999999", "-1e400")
	case kind < 5 || depth == 0:
		return g.text()
	case kind < 7:
		var items []string
		for n := g.Intn(3); n > 0; n-- {
			items = append(items, g.space()+g.anything(depth-1, huge)+g.space())
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	var members []string
	for n := g.Intn(3); n > 0; n-- {
		members = append(members, g.space()+g.key()+":"+g.anything(depth-1, huge))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g *generator) deep() string {
	depth := 9995 + g.Intn(8)
	begin, end := pick(g, "[", `{"a":`), "]"
	if begin != "[" {
		end = "}"
	}
	nest := strings.Repeat(begin, depth) + "1" + strings.Repeat(end, depth)
	return pick(g, nest, `{"x":`+nest+"}", `{"Packages":{"p":{"x":`+nest+`,"UniqueID":"u"}}}`)
}

// --- numbers and bytes ---

func (g *generator) number(bits int, signed bool) string {
	if g.faults && g.one(40) {
		return pick(g, "-1", "-0", "3.0", "1e2", "18446744073709551616", "65536", `"1"`, "01", "+1", "-9223372036854775809")
	}
	if signed {
		return pick(g, "0", "-0", "-1", "-2", strconv.Itoa(g.Intn(20)), strconv.FormatInt(g.Int63(), 10),
			"9223372036854775807", "-9223372036854775808")
	}
	most := uint64(1)<<bits - 1
	return pick(g, "0", "1", strconv.FormatUint(most, 10), strconv.FormatUint(most>>1, 10),
		strconv.FormatUint(g.Uint64()&most, 10))
}

func (g *generator) bytes() string {
	data := make([]byte, g.Intn(pick(g, 1, 3, 20)))
	g.Read(data)
	if g.one(3) {
		items := make([]string, len(data))
		for i, b := range data {
			items[i] = strconv.Itoa(int(b))
			if g.whole == 0 && g.one(12) {
				items[i] = "null"
			}
			if g.faults && g.one(60) {
				items[i] = pick(g, "256", "-1", "1.0", `"1"`, "[1]")
			}
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	text := base64.StdEncoding.EncodeToString(data)
	if g.one(6) {
		text = pick(g, "\\r\\n", "\\n")
		for _, c := range base64.StdEncoding.EncodeToString(data) {
			text += string(c) + pick(g, "", "", "\\n", "\\r")
		}
	}
	if g.faults && g.one(30) {
		text = pick(g, "AAE", "_-==", "AA E=", "=AAA", "AAE=x", "A", "*")
	}
	return `"` + text + `"`
}

// --- the manifest's shape ---

// value is one of a type. The member's name helps to choose; `again` says that a value of an earlier
// member may lie below it.
func (g *generator) value(t reflect.Type, name string, again bool) string {
	if g.faults && g.whole == 0 && g.one(100) && !(g.overwritten > 0 && refusable[t]) {
		if again {
			return g.anything(0, false)
		}
		return g.anything(2, false)
	}
	if special := specials[t]; special != nil {
		return special(g, again)
	}
	if g.whole == 0 && g.one(25) {
		return "null"
	}
	switch t.Kind() {
	case reflect.Bool:
		return pick(g, "true", "false")
	case reflect.Uint, reflect.Uint64, reflect.Uint16:
		return g.number(t.Bits(), false)
	case reflect.Int:
		return g.number(t.Bits(), true)
	case reflect.String:
		return g.named(name)
	case reflect.Interface:
		return g.anything(2, false)
	case reflect.Pointer:
		return g.value(t.Elem(), name, again)
	case reflect.Slice:
		return g.list(t.Elem(), name, again)
	case reflect.Map:
		return g.entries(t.Elem())
	}
	return g.record(t, again)
}

func (g *generator) list(t reflect.Type, name string, again bool) string {
	if t.Kind() == reflect.Uint8 {
		if again {
			g.whole++
			defer func() { g.whole-- }()
		}
		return g.bytes()
	}
	var items []string
	if again {
		g.whole++
	}
	for n := g.Intn(4); n > 0; n-- {
		items = append(items, g.space()+g.value(t, name, again)+g.space())
	}
	if again {
		g.whole--
	}
	return "[" + strings.Join(items, ",") + "]"
}

// entries of a map are new ones, whatever was there before.
func (g *generator) entries(t reflect.Type) string {
	whole := g.whole
	g.whole = 0
	used := map[string]bool{}
	var all []string
	for n := g.Intn(4); n > 0; n-- {
		key := g.key()
		if used[key] {
			continue
		}
		used[key] = true
		if !g.plain && g.one(12) {
			g.overwritten++
			all = append(all, key+":"+g.value(t, "", false))
			g.overwritten--
		}
		all = append(all, g.space()+key+g.space()+":"+g.value(t, "", false))
	}
	g.whole = whole
	return "{" + strings.Join(all, ",") + g.space() + "}"
}

func (g *generator) record(t reflect.Type, again bool) string {
	var members []string
	add := func(field reflect.StructField, again bool) {
		members = append(members, g.member(field.Name)+g.value(field.Type, field.Name, again)+g.space())
	}
	few := t.NumField() > 12 // of templates
	for i := range t.NumField() {
		field := t.Field(i)
		switch {
		case g.whole > 0:
			add(field, again)
		case few && !g.one(9) || !few && g.one(3):
		case !g.plain && g.one(12):
			g.overwritten++
			for range 2 + g.Intn(2) {
				add(field, true)
			}
			g.overwritten--
		default:
			add(field, again)
		}
	}
	if g.one(8) {
		unknown := pick(g, `"x"`, `""`, `"Packagess"`, `"\u0130d"`, `"Packages\u0000"`, `"unknown"`, `"\ud800"`)
		members = append(members, g.space()+unknown+":"+g.anything(3, true))
	}
	g.Shuffle(len(members), reflect.Swapper(members))
	return "{" + strings.Join(members, ",") + g.space() + "}"
}

const soup = "{}[]:,\"\\/ \t\n0123456789+-.eEnulfa\x00\x1f\x80\xc3\xe2"

// mutate changes a few bytes.
func (g *generator) mutate(document string) string {
	out := []byte(document)
	for n := 1 + g.Intn(3); n > 0; n-- {
		at := g.Intn(len(out) + 1)
		switch {
		case g.one(8):
			out = out[:at]
		case at < len(out) && g.one(3):
			out = append(out[:at], out[at+1:]...)
		case at < len(out) && g.one(2):
			out[at] = soup[g.Intn(len(soup))]
		default:
			out = append(out[:at], append([]byte{soup[g.Intn(len(soup))]}, out[at:]...)...)
		}
	}
	return string(out)
}

func (g *generator) document() []byte {
	g.faults, g.plain = g.one(3), g.one(6)
	switch {
	case g.one(1000):
		return []byte(g.deep())
	case g.one(200):
		return []byte(g.anything(3, true))
	}
	document := g.space() + g.value(reflect.TypeFor[Manifest](), "", false) + g.space()
	if g.plain && !g.one(4) {
		document = g.mutate(document)
	}
	return []byte(document)
}
