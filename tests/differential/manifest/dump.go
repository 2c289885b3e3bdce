// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// dumper writes what ../manifest_driver.c writes: a name, a blank, the value, a line feed each.
type dumper struct{ strings.Builder }

func (d *dumper) text(name, value string) { fmt.Fprintf(d, "%s %d:%s\n", name, len(value), value) }

func (d *dumper) bytes(name string, value []byte) { d.text(name, string(value)) }

func (d *dumper) number(name string, value any) { fmt.Fprintf(d, "%s %d\n", name, value) }

func (d *dumper) absent(name string) { fmt.Fprintf(d, "%s -\n", name) }

func (d *dumper) flag(name string, value bool) {
	if value {
		d.number(name, 1)
	} else {
		d.number(name, 0)
	}
}

func (d *dumper) setBytes(name string, value []byte) {
	if value == nil {
		d.absent(name)
	} else {
		d.bytes(name, value)
	}
}

func setNumber[T uint | uint16 | uint64](d *dumper, name string, value *T) {
	if value == nil {
		d.absent(name)
	} else {
		d.number(name, *value)
	}
}

func list[T any](d *dumper, name string, items []T, put func(T)) {
	if items == nil {
		d.absent(name)
		return
	}
	d.number(name, len(items))
	for _, item := range items {
		put(item)
	}
}

func (d *dumper) texts(name string, items []string) {
	list(d, name, items, func(item string) { d.text("-", item) })
}

// section calls put for each entry of a map, in order of the names, and tells the name first.
func section[T any](d *dumper, name string, entries map[string]T, put func(T)) {
	d.number(name, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		d.text("Name", key)
		put(entries[key])
	}
}

// --- certificate templates ---

// oid gives the content of the DER, empty if there can be none; Go leaves out negative components,
// here they make it none.
func oid(components asn1.ObjectIdentifier) []byte {
	if slices.ContainsFunc(components, func(c int) bool { return c < 0 }) {
		return nil
	}
	der, err := asn1.Marshal(components)
	if err != nil {
		return nil
	}
	var raw asn1.RawValue
	if _, err := asn1.Unmarshal(der, &raw); err != nil {
		return nil
	}
	return raw.Bytes
}

func (d *dumper) oids(name string, items []asn1.ObjectIdentifier) {
	list(d, name, items, func(item asn1.ObjectIdentifier) { d.bytes("-", oid(item)) })
}

func (d *dumper) subject(c *x509.Certificate) {
	s := &c.Subject
	d.bytes("RawSubject", c.RawSubject)
	if len(c.RawSubject) > 0 {
		return
	}
	d.texts("Country", s.Country)
	d.texts("Province", s.Province)
	d.texts("Locality", s.Locality)
	d.texts("StreetAddress", s.StreetAddress)
	d.texts("PostalCode", s.PostalCode)
	d.texts("Organization", s.Organization)
	d.texts("OrganizationalUnit", s.OrganizationalUnit)
	d.text("CommonName", s.CommonName)
	d.text("SerialNumber", s.SerialNumber)
	list(d, "ExtraNames", s.ExtraNames, func(name pkix.AttributeTypeAndValue) {
		text, isText := name.Value.(string)
		d.bytes("OID", oid(name.Type))
		d.flag("Flag", isText)
		if isText {
			d.text("Value", text)
		}
	})
}

func address(ip net.IP) []byte {
	if four := ip.To4(); four != nil {
		return four
	}
	return ip
}

func (d *dumper) ranges(name string, items []*net.IPNet) {
	list(d, name, items, func(r *net.IPNet) { d.bytes("-", append([]byte(r.IP.Mask(r.Mask)), r.Mask...)) })
}

// Object identifiers of the numbers of extended key usages (10 §7.5).
var usages = []asn1.ObjectIdentifier{{2, 5, 29, 37, 0}, {1, 3, 6, 1, 5, 5, 7, 3, 1}, {1, 3, 6, 1, 5, 5, 7, 3, 2},
	{1, 3, 6, 1, 5, 5, 7, 3, 3}, {1, 3, 6, 1, 5, 5, 7, 3, 4}, {1, 3, 6, 1, 5, 5, 7, 3, 5}, {1, 3, 6, 1, 5, 5, 7, 3, 6},
	{1, 3, 6, 1, 5, 5, 7, 3, 7}, {1, 3, 6, 1, 5, 5, 7, 3, 8}, {1, 3, 6, 1, 5, 5, 7, 3, 9},
	{1, 3, 6, 1, 4, 1, 311, 10, 3, 3}, {2, 16, 840, 1, 113730, 4, 1}, {1, 3, 6, 1, 4, 1, 311, 2, 1, 22},
	{1, 3, 6, 1, 4, 1, 311, 61, 1, 1}}

func usage(number x509.ExtKeyUsage) []byte {
	if number < 0 || int(number) >= len(usages) {
		return nil
	}
	return oid(usages[number])
}

func (d *dumper) constraints(c *x509.Certificate) {
	d.texts("PermittedDNSDomains", c.PermittedDNSDomains)
	d.texts("ExcludedDNSDomains", c.ExcludedDNSDomains)
	d.texts("PermittedEmailAddresses", c.PermittedEmailAddresses)
	d.texts("ExcludedEmailAddresses", c.ExcludedEmailAddresses)
	d.texts("PermittedURIDomains", c.PermittedURIDomains)
	d.texts("ExcludedURIDomains", c.ExcludedURIDomains)
	d.ranges("PermittedIPRanges", c.PermittedIPRanges)
	d.ranges("ExcludedIPRanges", c.ExcludedIPRanges)
	d.flag("PermittedDNSDomainsCritical", c.PermittedDNSDomainsCritical)
}

func (d *dumper) template(c *x509.Certificate) {
	d.subject(c)
	if c.NotAfter.IsZero() {
		d.absent("NotAfter")
	} else {
		d.number("NotAfter", c.NotAfter.Unix())
	}
	d.number("KeyUsage", c.KeyUsage)
	list(d, "ExtKeyUsage", c.ExtKeyUsage, func(number x509.ExtKeyUsage) { d.bytes("-", usage(number)) })
	d.oids("UnknownExtKeyUsage", c.UnknownExtKeyUsage)
	d.flag("IsCA", c.IsCA)
	d.number("MaxPathLen", c.MaxPathLen)
	d.flag("MaxPathLenZero", c.MaxPathLenZero)
	d.bytes("SubjectKeyId", c.SubjectKeyId)
	d.texts("DNSNames", c.DNSNames)
	d.texts("EmailAddresses", c.EmailAddresses)
	list(d, "IPAddresses", c.IPAddresses, func(ip net.IP) { d.bytes("-", address(ip)) })
	list(d, "URIs", c.URIs, func(u *url.URL) { d.text("-", u.String()) })
	d.texts("OCSPServer", c.OCSPServer)
	d.texts("IssuingCertificateURL", c.IssuingCertificateURL)
	d.texts("CRLDistributionPoints", c.CRLDistributionPoints)
	d.constraints(c)
	list(d, "Policies", c.Policies, func(policy x509.OID) {
		der, _ := policy.MarshalBinary()
		d.bytes("-", der)
	})
	list(d, "ExtraExtensions", c.ExtraExtensions, func(e pkix.Extension) {
		d.bytes("OID", oid(e.Id))
		d.flag("Flag", e.Critical)
		d.bytes("Value", e.Value)
	})
	d.number("SignatureAlgorithm", int(c.SignatureAlgorithm))
}

// --- sections ---

func (d *dumper) contents(name string, contents map[string]Content) {
	if contents == nil {
		d.absent(name)
		return
	}
	section(d, name, contents, func(c Content) {
		d.bytes("Data", c.Data)
		d.text("Encoding", c.Encoding)
		d.flag("NoTemplates", c.NoTemplates)
	})
}

func (d *dumper) software(m *Manifest) {
	section(d, "Packages", m.Packages, func(p Package) {
		d.flag("Debug", p.Debug)
		d.text("UniqueID", p.UniqueID)
		d.text("SignerID", p.SignerID)
		setNumber(d, "ProductID", p.ProductID)
		setNumber(d, "SecurityVersion", p.SecurityVersion)
		d.texts("AcceptedTCBStatuses", p.AcceptedTCBStatuses)
		d.texts("AcceptedAdvisories", p.AcceptedAdvisories)
	})
	section(d, "Infrastructures", m.Infrastructures, func(i Infrastructure) {
		d.setBytes("CPUSVN", i.CPUSVN)
		setNumber(d, "QESVN", i.QESVN)
		setNumber(d, "PCESVN", i.PCESVN)
		d.setBytes("RootCA", i.RootCA)
		d.flag("Enforce", i.Enforce)
		d.texts("FMSPCs", i.FMSPCs)
		d.texts("PlatformInstanceIDs", i.PlatformInstanceIDs)
		d.number("MinTCBEvaluationDataNumber", i.MinTCBEvaluationDataNumber)
	})
	section(d, "Marbles", m.Marbles, func(b Marble) {
		d.text("Package", b.Package)
		d.number("MaxActivations", b.MaxActivations)
		d.contents("Files", b.Parameters.Files)
		d.contents("Env", b.Parameters.Env)
		d.texts("Argv", b.Parameters.Argv)
		d.texts("TLS", b.TLS)
		d.flag("DisableSecretBinding", b.DisableSecretBinding)
	})
}

func (d *dumper) secrets(m *Manifest) {
	section(d, "Secrets", m.Secrets, func(s Secret) {
		d.text("Type", s.Type)
		d.number("Size", s.Size)
		d.flag("Shared", s.Shared)
		d.flag("UserDefined", s.UserDefined)
		d.number("ValidFor", s.ValidFor)
		d.setBytes("Cert", s.Cert.given)
		d.template(&s.Cert.Certificate)
		d.setBytes("Private", s.Private)
		d.setBytes("Public", s.Public)
	})
}

func (d *dumper) people(m *Manifest) {
	section(d, "Users", m.Users, func(u User) {
		d.text("Certificate", u.Certificate)
		d.texts("Roles", u.Roles)
	})
	section(d, "Roles", m.Roles, func(r Role) {
		d.text("ResourceType", r.ResourceType)
		d.texts("ResourceNames", r.ResourceNames)
		d.texts("Actions", r.Actions)
	})
	section(d, "RecoveryKeys", m.RecoveryKeys, func(pem string) { d.text("Key", pem) })
}

func (d *dumper) entries(name string, entries []Entry) {
	list(d, name, entries, func(e Entry) {
		d.text("Port", e.Port)
		d.text("Addr", e.Addr)
		d.text("Cert", e.Cert)
		d.flag("DisableClientAuth", e.DisableClientAuth)
	})
}

func (d *dumper) tagsAndConfig(m *Manifest) {
	section(d, "TLS", m.TLS, func(t Tag) {
		d.entries("Incoming", t.Incoming)
		d.entries("Outgoing", t.Outgoing)
	})
	d.text("SealMode", m.Config.SealMode)
	d.texts("FeatureGates", m.Config.FeatureGates)
	d.number("UpdateThreshold", m.Config.UpdateThreshold)
	d.number("RecoveryThreshold", m.Config.RecoveryThreshold)
	d.flag("RotateRootSecret", m.Config.RotateRootSecret)
	d.number("CollateralGraceSeconds", m.Config.Attestation.CollateralGraceSeconds)
	d.number("MinTCBEvaluationDataNumber", m.Config.Attestation.MinTCBEvaluationDataNumber)
}

func dump(m *Manifest) string {
	var d dumper
	d.software(m)
	d.secrets(m)
	d.people(m)
	d.tagsAndConfig(m)
	return d.String()
}

// firstDifference shows both around the first byte that differs.
func firstDifference(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := max(0, at-200)
	return fmt.Sprintf("  got:  %q\n  want: %q", got[from:min(len(got), at+200)], want[from:min(len(want), at+200)])
}
