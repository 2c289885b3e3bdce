// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
)

// The manifest of chapter 10 §3 as Go types, with the extensions that are ours alone: members of
// infrastructures behind RootCA, and Config.Attestation.
type (
	Manifest struct {
		Packages        map[string]Package
		Infrastructures map[string]Infrastructure
		Marbles         map[string]Marble
		Secrets         map[string]Secret
		Users           map[string]User
		Roles           map[string]Role
		RecoveryKeys    map[string]string
		TLS             map[string]Tag
		Config          Config
	}
	Package struct {
		Debug                                   bool
		UniqueID, SignerID                      string
		ProductID                               *uint64
		SecurityVersion                         *uint
		AcceptedTCBStatuses, AcceptedAdvisories []string
	}
	Infrastructure struct {
		CPUSVN                      []byte
		QESVN, PCESVN               *uint16
		RootCA                      []byte
		Enforce                     bool
		FMSPCs, PlatformInstanceIDs []string
		MinTCBEvaluationDataNumber  uint64
	}
	Marble struct {
		Package        string
		MaxActivations uint
		Parameters     struct {
			Files, Env map[string]Content
			Argv       []string
		}
		TLS                  []string
		DisableSecretBinding bool
	}
	Secret struct {
		Type                string
		Size                uint
		Shared, UserDefined bool
		Cert                Certificate
		ValidFor            uint
		Private, Public     []byte
	}
	User struct {
		Certificate string
		Roles       []string
	}
	Role struct {
		ResourceType           string
		ResourceNames, Actions []string
	}
	Tag   struct{ Incoming, Outgoing []Entry }
	Entry struct {
		Port, Addr, Cert  string
		DisableClientAuth bool
	}
	Config struct {
		SealMode                           string
		FeatureGates                       []string
		UpdateThreshold, RecoveryThreshold uint
		RotateRootSecret                   bool
		Attestation                        struct{ CollateralGraceSeconds, MinTCBEvaluationDataNumber uint64 }
	}
)

// Content is an entry of Files or Env: text, or a record whose data are decoded at once.
type Content struct {
	Data        []byte
	Encoding    string
	NoTemplates bool
}

type contentRecord struct {
	Data, Encoding string
	NoTemplates    bool
}

func (c *Content) UnmarshalJSON(data []byte) error {
	record := contentRecord{Encoding: "string"}
	var err error
	switch {
	case string(data) == "null":
		err = errors.New("got: null")
	case data[0] == '"':
		err = json.Unmarshal(data, &record.Data)
	default:
		err = json.Unmarshal(data, &record)
	}
	if err != nil {
		return err
	}
	*c = Content{[]byte(record.Data), record.Encoding, record.NoTemplates}
	switch strings.ToLower(record.Encoding) {
	case "":
		c.Encoding = "string"
	case "string":
	case "base64":
		c.Data, err = base64.StdEncoding.DecodeString(record.Data)
	case "hex":
		c.Data, err = hex.DecodeString(record.Data)
	default:
		err = errors.New("unknown encoding type: " + record.Encoding)
	}
	return err
}

// Certificate is a template: members, or the certificate that a text is in base64. Text that is no
// base64 stands for none.
type Certificate struct {
	x509.Certificate
	given []byte // DER
}

func (c *Certificate) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		return json.Unmarshal(data, &c.Certificate)
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*c = Certificate{}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	*c = Certificate{*parsed, der}
	return nil
}

// decode gives what the driver should answer.
func decode(document []byte) (string, error) {
	var m Manifest
	if err := json.Unmarshal(document, &m); err != nil {
		return "", err
	}
	for _, s := range m.Secrets {
		if err := refusedEarly(&s.Cert.Certificate); err != nil {
			return "", err
		}
	}
	return dump(&m), nil
}

// refusedEarly: what certificates cannot be made from is refused when the manifest is decoded, and
// not only when a secret is generated.
func refusedEarly(c *x509.Certificate) error {
	for _, u := range c.URIs {
		if u == nil {
			return errors.New("URI that is null")
		}
	}
	for _, ranges := range [][]*net.IPNet{c.PermittedIPRanges, c.ExcludedIPRanges} {
		for _, r := range ranges {
			if r == nil || len(r.IP.Mask(r.Mask)) == 0 {
				return fmt.Errorf("IP range %v", r)
			}
		}
	}
	return nil
}
