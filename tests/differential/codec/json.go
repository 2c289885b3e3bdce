// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"strings"
)

func failed(err error) string { return "!" + err.Error() }

func counted(kind byte, text string) string { return fmt.Sprintf("%c%d:%s", kind, len(text), text) }

// --- what Go says ---

// dump has the form of put_tree in ../codec_driver.c.
func dump(data []byte) string {
	var out strings.Builder
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			return failed(err)
		}
		switch value := token.(type) {
		case nil:
			out.WriteByte('z')
		case bool:
			out.WriteString(fmt.Sprint(value)[:1])
		case json.Number:
			out.WriteString(counted('n', value.String()))
		case string:
			out.WriteString(counted('s', value))
		case json.Delim:
			out.WriteString(value.String())
		}
	}
}

func goParse(data []byte) string {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return failed(err)
	}
	return dump(data)
}

func goFirst(data []byte) string {
	var raw json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&raw); err != nil {
		return failed(err)
	}
	return string(raw)
}

func goField(data []byte) string {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return failed(err)
	}
	var folded struct{ Packages json.RawMessage }
	var exact map[string]json.RawMessage
	_ = json.Unmarshal(data, &folded)
	_ = json.Unmarshal(data, &exact)
	return counted('f', string(folded.Packages)) + counted('e', string(exact["Packages"]))
}

func goTyped[T any](show func(T) string) func([]byte) string {
	return func(data []byte) string {
		var value T
		if err := json.Unmarshal(data, &value); err != nil {
			return failed(err)
		}
		return show(value)
	}
}

func show[T any](value T) string { return fmt.Sprint(value) }

func showBytes(value []byte) string {
	if value == nil {
		return "absent:"
	}
	return "present:" + string(value)
}

func goQuote(data []byte) string {
	out, err := json.Marshal(string(data))
	if err != nil {
		return failed(err)
	}
	return string(out)
}

// --- documents ---

func pick[T any](r *rand.Rand, from []T) T { return from[r.Intn(len(from))] }

var spaces = []string{"", "", "", "", " ", "\t", "\n", "\r", " \r\n\t "}

var pieces = []string{"a", "Z", "0", " ", "/", "'", "\x7f", "é", "€", "\u2028", "\U0001f600", "\ufffd", "\xff",
	"\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\\\"", "\\\\", "\\/", "\\b", "\\f",
	"\\n", "\\r", "\\t", "\\u0000", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\ud83d", "\\ude00",
	"\\ud83d\\ud83d\\ude00", "\\uD83Dx", "\\ud83d\\n", "\\uFFFF", "\\u2028", "<", "&", ">"}

var badPieces = []string{"\\x41", "\\u12", "\\u", "\\U0041", "\\", "\n", "\x00", "\x1f", "\\'", "\"", "\\u00g0"}

var numbers = []string{"0", "-0", "1", "-1", "10", "255", "256", "65535", "65536", "9223372036854775807",
	"9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
	"18446744073709551616", "99999999999999999999999999", "3.0", "1e2", "1E+2", "1.5e-7", "0.0", "0e0", "1e999999",
	"-0.0e-5", "123456789.125"}

var badNumbers = []string{"01", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x1", "--1", "-01", "1.5.2", "NaN",
	"Infinity", "1_000"}

var names = []string{"Packages", "packages", "PACKAGES", "Pac\u212aage\u017f", "pac\u212aages", "package\u017f",
	"P\\u0061ckages", "pac\\u212aages", "Package", "Packagess", "Packages\\u0000", "", "Marbles", "pack\u00e4ges"}

func text(r *rand.Rand) string {
	var out strings.Builder
	for n := r.Intn(6); n > 0; n-- {
		if r.Intn(60) == 0 {
			out.WriteString(pick(r, badPieces))
		} else {
			out.WriteString(pick(r, pieces))
		}
	}
	return `"` + out.String() + `"`
}

var base64Texts = []string{"", "AAE=", "AA==", "AAEC", "aGVsbG8=", "AA\\r\\nE=\\n", "AAE", "_-==", "AA E=", "AB==",
	"\\/\\/8=", "AAE=AA==", "=AAA", "\\u0041AE=", "AAE=x"}

func scalar(r *rand.Rand) string {
	switch r.Intn(8) {
	case 0:
		return pick(r, []string{"null", "true", "false"})
	case 1, 2:
		if r.Intn(30) == 0 {
			return pick(r, badNumbers)
		}
		return pick(r, numbers)
	case 3:
		return fmt.Sprint(r.Int63() >> r.Intn(63))
	case 4:
		return `"` + pick(r, base64Texts) + `"`
	default:
		return text(r)
	}
}

func value(r *rand.Rand, depth int) string {
	kind := r.Intn(4)
	if depth == 0 || kind < 2 {
		return scalar(r)
	}
	var out strings.Builder
	out.WriteByte("[{"[kind-2])
	for i, n := 0, r.Intn(4); i < n; i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if kind == 3 {
			name := text(r)
			if r.Intn(2) == 0 {
				name = `"` + pick(r, names) + `"`
			}
			out.WriteString(pick(r, spaces) + name + pick(r, spaces) + ":")
		}
		out.WriteString(pick(r, spaces) + value(r, depth-1) + pick(r, spaces))
	}
	out.WriteByte("]}"[kind-2])
	return out.String()
}

func document(r *rand.Rand) []byte {
	return []byte(pick(r, spaces) + value(r, 1+r.Intn(4)) + pick(r, spaces))
}

const soupBytes = "{}[]:,\"\\/ \t\r\n0123456789+-.eEtruefalsnl'ubx\x00\x1f\x7f\x80\xa0\xad\xc3\xe2\xff<&"

// mutate makes a few small changes, which mostly give faults in the grammar.
func mutate(r *rand.Rand, data []byte, alphabet string) []byte {
	out := append([]byte{}, data...)
	for n := 1 + r.Intn(3); n > 0; n-- {
		at := r.Intn(len(out) + 1)
		switch r.Intn(5) {
		case 0:
			out = out[:at]
		case 1:
			if at < len(out) {
				out = append(out[:at], out[at+1:]...)
			}
		case 2:
			if at < len(out) {
				out[at] = pick(r, []byte(alphabet))
			}
		case 3:
			out = append(out[:at], append([]byte{pick(r, []byte(alphabet))}, out[at:]...)...)
		default:
			to := at + r.Intn(len(out)-at+1)
			out = append(out[:to:to], out[at:]...)
		}
	}
	return out
}

func soup(r *rand.Rand) []byte {
	tokens := []string{"{", "}", "[", "]", ":", ",", `"a"`, `"`, "\\", "1", "-", "0", ".", "e", "null", "true", "false",
		"nul", " ", "\n", "x", "\xff"}
	var out strings.Builder
	for n := r.Intn(8); n > 0; n-- {
		out.WriteString(pick(r, tokens))
	}
	return []byte(out.String())
}

// deep is a document around the depth limit.
func deep(r *rand.Rand) []byte {
	depth := 9998 + r.Intn(5)
	begin, end := "[", "]"
	if r.Intn(2) == 0 {
		begin, end = `{"a":`, "}"
	}
	inner := pick(r, []string{"1", "[]", "{}", "x", ""})
	return []byte(strings.Repeat(begin, depth) + inner + strings.Repeat(end, depth))
}

func anyDocument(r *rand.Rand) []byte {
	switch kind := r.Intn(1000); {
	case kind == 0:
		return deep(r)
	case kind < 450:
		return document(r)
	case kind < 850:
		return mutate(r, document(r), soupBytes)
	default:
		return soup(r)
	}
}

// member is an object whose names matter.
func member(r *rand.Rand) []byte {
	var out []string
	for n := r.Intn(5); n > 0; n-- {
		out = append(out, `"`+pick(r, names)+`":`+value(r, 1))
	}
	return []byte("{" + strings.Join(out, ",") + "}")
}

// leaf is a value to be decoded into a type.
func leaf(r *rand.Rand) []byte {
	if r.Intn(3) == 0 {
		var out []string
		for n := r.Intn(4); n > 0; n-- {
			out = append(out, scalar(r))
		}
		return []byte("[" + strings.Join(out, ",") + "]")
	}
	return []byte(value(r, 1))
}

func jsonFamilies() []family {
	return []family{
		{"documents", anyDocument, map[byte]func([]byte) string{'p': goParse, '1': goFirst}},
		{"members", member, map[byte]func([]byte) string{'f': goField}},
		{"leaves", leaf, map[byte]func([]byte) string{
			'u': goTyped(show[uint64]), 'w': goTyped(show[uint16]), 'i': goTyped(show[int64]),
			'b': goTyped(show[bool]), 's': goTyped(show[string]), 'y': goTyped(showBytes)}},
		{"strings", func(r *rand.Rand) []byte { return mutate(r, []byte(text(r)), soupBytes) },
			map[byte]func([]byte) string{'q': goQuote}},
	}
}
