// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/rand"
	"strings"
)

func goBase64(encoding *base64.Encoding) func([]byte) string {
	return func(data []byte) string {
		out, err := encoding.DecodeString(string(data))
		if err != nil {
			return failed(err)
		}
		return string(out)
	}
}

func goHex(data []byte) string {
	out, err := hex.DecodeString(string(data))
	if err != nil {
		return failed(err)
	}
	return string(out)
}

func goEncode(data []byte) string {
	return base64.StdEncoding.EncodeToString(data) + base64.URLEncoding.EncodeToString(data) + hex.EncodeToString(data)
}

func goPem(data []byte) string {
	block, rest := pem.Decode(data)
	if block == nil {
		return "!no PEM block found"
	}
	return counted('l', block.Type) + counted('b', string(block.Bytes)) + counted('r', string(rest))
}

func goPemEncode(data []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "SOME LABEL", Bytes: data}))
}

func randomBytes(r *rand.Rand) []byte {
	out := make([]byte, r.Intn(200))
	r.Read(out)
	return out
}

func base64Text(r *rand.Rand) []byte {
	encoding := pick(r, []*base64.Encoding{base64.StdEncoding, base64.URLEncoding})
	data := randomBytes(r)
	text := encoding.EncodeToString(data[:min(len(data), r.Intn(30))])
	for n := r.Intn(4); n > 0; n-- {
		at := r.Intn(len(text) + 1)
		text = text[:at] + pick(r, []string{"\n", "\r", "\r\n"}) + text[at:]
	}
	if r.Intn(3) == 0 {
		return []byte(text)
	}
	return mutate(r, []byte(text), "AZaz09+/-_==\r\n\n *\x00\xff")
}

func hexText(r *rand.Rand) []byte {
	data := randomBytes(r)
	text := hex.EncodeToString(data[:min(len(data), r.Intn(20))])
	switch r.Intn(3) {
	case 0:
		return []byte(text)
	case 1:
		return []byte(strings.ToUpper(text))
	default:
		return mutate(r, []byte(text), "0aAfFgG x\n'\x00\x7f\xa0\xad\xff")
	}
}

// pemText is made of whole lines, and has no label with a colon: behind a mark in the middle of a
// line, or one that reads like a header, Go sometimes misses a good block, which the C code finds.
func pemText(r *rand.Rand) []byte {
	lines := []string{"-----BEGIN A-----", "-----BEGIN A-----", "-----BEGIN A-----", "-----END A-----",
		"-----END A-----", "-----END A-----", "-----BEGIN B B-----", "-----END B B-----", "-----BEGIN A", "-----END A",
		"-----BEGIN -----", "-----END -----", "AAE=", "AAEC", "AAEC", "AA", "E=", "", "", "K: v", "K:v", "x", " ", "\t",
		"*", "-----", "=abc", "\r", "-----BEGIN A------", "-----END A------", " -----END A-----", "-----BEGIN"}
	ends := []string{"\n", "\n", "\n", "\n", "\n", "\r\n", " \n", "\t\n", " \t \r\n", "\r \n"}
	var out strings.Builder
	for n := r.Intn(9); n > 0; n-- {
		out.WriteString(pick(r, lines) + pick(r, ends))
	}
	out.WriteString(pick(r, []string{"", "", "x", "-----END A-----", "-----END A-----\r", "-----END B B----- "}))
	return []byte(out.String())
}

// pemBlock is a good block, or one with a few changes in its body.
func pemBlock(r *rand.Rand) []byte {
	label := pick(r, []string{"A", "PUBLIC KEY", ""})
	out := pem.EncodeToMemory(&pem.Block{Type: label, Bytes: randomBytes(r)})
	if r.Intn(3) == 0 {
		return append([]byte("before\n"), out...)
	}
	from, to := bytes.IndexByte(out, '\n')+1, bytes.LastIndex(out, []byte("-----END"))
	body := mutate(r, out[from:to], "AB/+=\n\n\r \t:*")
	return append(append(out[:from:from], body...), out[to:]...)
}

func anyPem(r *rand.Rand) []byte {
	if r.Intn(3) == 0 {
		return pemBlock(r)
	}
	return pemText(r)
}

func textFamilies() []family {
	return []family{
		{"base64", base64Text, map[byte]func([]byte) string{
			'D': goBase64(base64.StdEncoding), 'U': goBase64(base64.URLEncoding)}},
		{"hex", hexText, map[byte]func([]byte) string{'H': goHex}},
		{"encoders", randomBytes, map[byte]func([]byte) string{'E': goEncode, 'P': goPemEncode}},
		{"pem", anyPem, map[byte]func([]byte) string{'M': goPem}},
	}
}
