// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// specials are the types whose JSON their structure does not tell.
var specials map[reflect.Type]func(g *generator, again bool) string

func init() {
	specials = map[reflect.Type]func(g *generator, again bool) string{
		reflect.TypeFor[Content]():               (*generator).content,
		reflect.TypeFor[Certificate]():           (*generator).template,
		reflect.TypeFor[time.Time]():             (*generator).time,
		reflect.TypeFor[net.IP]():                (*generator).ip,
		reflect.TypeFor[*net.IPNet]():            (*generator).ipRange,
		reflect.TypeFor[*url.URL]():              (*generator).uri,
		reflect.TypeFor[*url.Userinfo]():         (*generator).userinfo,
		reflect.TypeFor[*big.Int]():              (*generator).bigNumber,
		reflect.TypeFor[x509.OID]():              (*generator).oidText,
		reflect.TypeFor[asn1.ObjectIdentifier](): (*generator).oidList,
	}
}

// refusable are the types that refusedEarly looks at.
var refusable = map[reflect.Type]bool{
	reflect.TypeFor[*net.IPNet]():   true,
	reflect.TypeFor[[]*net.IPNet](): true,
	reflect.TypeFor[*url.URL]():     true,
	reflect.TypeFor[[]*url.URL]():   true,
}

func (g *generator) or(null string, text string) string {
	if g.whole == 0 && g.one(25) {
		return null
	}
	return text
}

// content as text or as a record with data that fit the encoding.
func (g *generator) content(bool) string {
	if g.faults && g.one(60) {
		return "null"
	}
	if g.one(2) {
		return g.text()
	}
	encoding := pick(g, "", "string", "String", "base64", "BASE64", "hex", "Hex")
	if g.faults && g.one(30) {
		encoding = pick(g, "base32", "utf-8", "hex ", "ba\u017fe64")
	}
	data := make([]byte, g.Intn(20))
	g.Read(data)
	text := g.text()
	switch strings.ToLower(encoding) {
	case "base64":
		text = `"` + base64.StdEncoding.EncodeToString(data) + `"`
	case "hex":
		text = `"` + pick(g, strings.ToUpper, strings.ToLower)(hex.EncodeToString(data)) + `"`
	}
	if g.faults && g.one(30) {
		text = pick(g, `"0"`, `"0g"`, `"*"`, `"AA="`, "5")
	}
	members := []string{g.member("Data") + text}
	if encoding != "" || g.one(4) {
		members = append(members, g.member("Encoding")+`"`+encoding+`"`)
	}
	if g.one(2) {
		members = append(members, g.member("NoTemplates")+pick(g, "true", "false", "null"))
	}
	if g.one(8) {
		members = append(members, `"x":`+g.anything(2, true))
	}
	g.Shuffle(len(members), reflect.Swapper(members))
	return "{" + strings.Join(members, ",") + "}"
}

func (g *generator) template(again bool) string {
	switch {
	case g.plain:
		return "null"
	case again || g.one(2):
		return g.or("null", g.record(reflect.TypeFor[x509.Certificate](), again))
	case g.faults && g.one(20):
		return pick(g, `""`, `"AAAA"`, `"MAA="`, "1", "[]", "true")
	case g.one(20):
		return pick(g, `"no base64"`, `"A"`, `"AA=A"`)
	}
	return `"` + pick(g, g.certificates...) + `"`
}

func (g *generator) time(bool) string {
	if g.faults && g.one(40) {
		return pick(g, `""`, `"x"`, `"2030-13-01T00:00:00Z"`, `"2030-02-29T00:00:00Z"`, `"2030-01-31"`, "5", "{}",
			`"2030-01-31T24:00:00Z"`, `"2030-01-31T00:00:00"`, `"2030-01-31 00:00:00Z"`, `"2030-01-31T00:00:60Z"`,
			`"2030-01-31T00:00:00z"`, `"12030-01-31T00:00:00Z"`, `"2030-01-31T00:00:00+1:00"`, `"2030-01-31T00:00:00Zx"`)
	}
	return g.or("null", `"`+pick(g, "0001-01-01T00:00:00Z", "2030-01-31T00:00:00Z", "2028-02-29T23:59:59.999999999-12:34",
		"1950-06-30T12:00:00.5+05:30", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2000-01-01T00:00:00+23:59")+`"`)
}

func (g *generator) ip(bool) string {
	if g.faults && g.one(40) {
		return pick(g, `"x"`, `"1.2.3"`, `"1.2.3.256"`, `"01.2.3.4"`, `"::1%eth0"`, `"[::1]"`, "5", `"1.2.3.4/8"`, `"1::2::3"`,
			`"12345::"`, `" 1.2.3.4"`, `"::1.2.3"`, `"1:2:3:4:5:6:7:8:9"`, `"::ffff:1.2.3.04"`)
	}
	return g.or("null", `"`+pick(g, "127.0.0.1", "::1", "10.20.30.40", "::ffff:1.2.3.4", "2001:DB8::a", "1:2:3:4:5:6:7:8", "",
		"0.0.0.0", "::", "1::", "64:ff9b::192.0.2.33", "::ffff:0:1.2.3.4")+`"`)
}

func (g *generator) ipRange(bool) string {
	ip := pick(g, "10.1.2.3", "2001:db8::1", "::ffff:1.2.3.4", "0.0.0.0", "fe80::")
	mask := net.CIDRMask(g.Intn(33), 32)
	if strings.Contains(ip, ":") && !strings.Contains(ip, ".") || g.one(4) {
		mask = net.CIDRMask(g.Intn(129), 128)
	}
	if g.one(3) {
		g.Read(mask)
	}
	if g.faults && g.overwritten == 0 && g.one(20) {
		mask = mask[:g.Intn(4)]
	}
	if g.faults && g.overwritten == 0 && g.one(40) {
		return pick(g, "null", "{}", `{"IP":"1.2.3.4"}`, `{"Mask":"/wAAAA=="}`)
	}
	return fmt.Sprintf("{%s%q,%s%q}", g.member("IP"), ip, g.member("Mask"), base64.StdEncoding.EncodeToString(mask))
}

func (g *generator) uri(again bool) string {
	if g.faults && g.overwritten == 0 && g.one(30) {
		return pick(g, "null", `"https://example.com"`, "1")
	}
	return g.record(reflect.TypeFor[url.URL](), again)
}

func (g *generator) userinfo(bool) string {
	if g.faults && g.one(30) {
		return pick(g, `"a"`, "[]", "1")
	}
	return g.or("null", pick(g, "{}", `{"username":"a"}`))
}

func (g *generator) bigNumber(bool) string {
	if g.faults && g.one(30) {
		return pick(g, "1.5", "1e3", `"1"`, "[]", "true", "{}")
	}
	return g.or("null", pick(g, "0", "-0", "-5", "123456789012345678901234567890", strconv.Itoa(g.Int())))
}

func (g *generator) oidText(bool) string {
	if g.faults && g.one(30) {
		return pick(g, `""`, `"1"`, `"1."`, `".1"`, `"1.2."`, `"1..2"`, `"3.1"`, `"1.40"`, `"x"`, "1", "[1,2]",
			`"1.2.-3"`, `"1.2 .3"`)
	}
	return g.or("null", `"`+pick(g, "1.2", "2.5.29.32.0", "1.3.6.1.4.1.311", "2.999.3", "0.39.18446744073709551615",
		"2.18446744073709551535", "1.2.840.113549", "01.002")+`"`)
}

func (g *generator) oidList(again bool) string {
	if again || g.one(8) {
		return pick(g, "[2,5,4,3]", "[1,2,3,4,5,6]", "[0,39]")
	}
	return g.or("null", pick(g, "[2,5,4,3]", "[1,3,6,1,4,1,311,1]", "[]", "[1]", "[3,1]", "[1,40]", "[2,999,1]", "[1,2,-3]", "[1,null]",
		"[1,2,9223372036854775807]", "[2,9223372036854775727]", "[0,0,0]", "[null,null]"))
}

// --- certificates as templates ---

func (g *generator) words(from ...string) []string {
	var out []string
	for n := g.Intn(3); n > 0; n-- {
		out = append(out, pick(g, from...))
	}
	return out
}

func (g *generator) networks() []*net.IPNet {
	var out []*net.IPNet
	for _, text := range g.words("10.0.0.0/8", "2001:db8::/32", "192.168.1.0/24", "0.0.0.0/0") {
		if _, network, err := net.ParseCIDR(text); err == nil {
			out = append(out, network)
		}
	}
	return out
}

func (g *generator) names(c *x509.Certificate) {
	c.DNSNames = g.words("localhost", "*.example.com", "a")
	c.EmailAddresses = g.words("a@example.com", "b@c.d")
	for _, text := range g.words("127.0.0.1", "::1", "10.2.3.4") {
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(text))
	}
	for _, text := range g.words("https://example.com/a%20b?c=d#e", "spiffe://domain/service", "urn:x:y") {
		if u, err := url.Parse(text); err == nil {
			c.URIs = append(c.URIs, u)
		}
	}
	c.PermittedDNSDomains = g.words("example.com", ".a.b")
	c.ExcludedDNSDomains = g.words("x.y")
	c.PermittedEmailAddresses = g.words("a@b.c", "example.com")
	c.ExcludedEmailAddresses = g.words(".example.com")
	c.PermittedURIDomains = g.words("example.com", ".a.b")
	c.ExcludedURIDomains = g.words("x.y")
	c.PermittedIPRanges, c.ExcludedIPRanges = g.networks(), g.networks()
	c.PermittedDNSDomainsCritical = g.one(2)
	c.OCSPServer = g.words("http://ocsp.example.com", "http://b")
	c.IssuingCertificateURL = g.words("http://example.com/ca.crt")
	c.CRLDistributionPoints = g.words("http://example.com/crl", "ldap://x")
}

func (g *generator) certificate() ([]byte, error) {
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(g.Int63()),
		Subject:               pkix.Name{CommonName: pick(g, "a", "", "ü"), Organization: g.words("x", "y")},
		NotBefore:             time.Unix(g.Int63n(1<<32), 0),
		NotAfter:              time.Unix(g.Int63n(1<<36), 0),
		KeyUsage:              x509.KeyUsage(g.Intn(512)),
		BasicConstraintsValid: !g.one(4),
	}
	if c.BasicConstraintsValid && g.one(2) {
		c.IsCA = true
		c.MaxPathLen = pick(g, -1, 0, 3)
		c.MaxPathLenZero = g.one(2)
	}
	for n := g.Intn(3); n > 0; n-- {
		c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsage(g.Intn(14)))
	}
	if g.one(3) {
		c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3}, {2, 999, 4}}
	}
	if g.one(2) {
		c.SubjectKeyId = []byte{1, 2, 3}
	}
	policies := []string{"1.2.3", "2.5.29.32.0", "2.999.18446744073709551615"}
	for _, text := range policies[g.Intn(3):] {
		policy, err := x509.ParseOID(text)
		if err != nil {
			return nil, err
		}
		c.Policies = append(c.Policies, policy)
	}
	if g.one(4) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: []byte{5, 0}}}
	}
	g.names(c)
	return x509.CreateCertificate(nil, c, c, g.signer(c).Public(), g.signer(c))
}

// Keys and signatures are always the same, as the whole run should be: the key 1, and no random
// numbers for the signer.
var curve = elliptic.P256()
var ecdsaKey = &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: curve, X: curve.Params().Gx, Y: curve.Params().Gy},
	D: big.NewInt(1)}

func (g *generator) signer(c *x509.Certificate) crypto.Signer {
	if c.SerialNumber.Bit(0) == 0 {
		c.SignatureAlgorithm = x509.PureEd25519
		return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	}
	c.SignatureAlgorithm = []x509.SignatureAlgorithm{x509.ECDSAWithSHA256, x509.ECDSAWithSHA384,
		x509.ECDSAWithSHA512}[c.SerialNumber.Bit(1)]
	return ecdsaKey
}
