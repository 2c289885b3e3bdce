// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"sort"
	"text/template"
)

// The types of chapter 10 §6.1, as far as templates see them.
type (
	PrivateKey  []byte
	PublicKey   []byte
	Certificate struct{ Raw []byte }

	Secret struct {
		Type        string
		Size        uint
		Shared      bool
		UserDefined bool
		Cert        Certificate
		ValidFor    uint
		Private     PrivateKey
		Public      PublicKey
	}
	Reserved struct {
		RootCA, MarbleCert, CoordinatorRoot, CoordinatorIntermediate Secret
	}
	Previous struct{ Secrets map[string]Secret }
	Root     struct {
		Secrets   map[string]Secret
		Previous  Previous
		MarbleRun Reserved
	}
)

var (
	errNone  = errors.New("secret does not exist")
	errType  = errors.New("invalid secret type")
	errPEM   = errors.New("invalid secret type for pem encoding")
	errEmpty = errors.New("tried to parse secret with empty value")
	errPlain = errors.New("only secrets of type plain are allowed")
)

func selectBytes(v any) ([]byte, string, error) {
	switch v := v.(type) {
	case nil:
		return nil, "", errNone
	case []byte:
		return v, "", nil
	case PrivateKey:
		return v, "PRIVATE KEY", nil
	case PublicKey:
		return v, "PUBLIC KEY", nil
	case Certificate:
		return v.Raw, "CERTIFICATE", nil
	case Secret:
		return v.Public, "", nil
	}
	return nil, "", errType
}

func encoder(encode func([]byte) string) func(any) (string, error) {
	return func(v any) (string, error) {
		data, _, err := selectBytes(v)
		if err == nil && len(data) == 0 {
			err = errEmpty
		}
		if err != nil {
			return "", err
		}
		return encode(data), nil
	}
}

func encodePEM(v any) (string, error) {
	data, label, err := selectBytes(v)
	if v == nil {
		return "", err
	}
	if err != nil || label == "" {
		return "", errPEM
	}
	if len(data) == 0 {
		return "", errEmpty
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: data})), nil
}

func encodeString(v any) (string, error) {
	if v == nil {
		return "", errNone
	}
	secret, ok := v.(Secret)
	if !ok || secret.Type != "plain" {
		return "", errPlain
	}
	if len(secret.Public) == 0 {
		return "", errEmpty
	}
	return string(secret.Public), nil
}

var functions = template.FuncMap{
	"pem":    encodePEM,
	"hex":    encoder(hex.EncodeToString),
	"base64": encoder(base64.StdEncoding.EncodeToString),
	"raw":    encoder(func(data []byte) string { return string(data) }),
	"string": encodeString,
}

// The form that the driver reads.

func putText(out []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...)
}

func putBool(out []byte, b bool) []byte {
	if b {
		return append(out, 1)
	}
	return append(out, 0)
}

func putSet(out, data []byte) []byte {
	return putText(putBool(out, data != nil), string(data))
}

func putSecret(out []byte, s Secret) []byte {
	out = putText(out, s.Type)
	out = binary.LittleEndian.AppendUint64(out, uint64(s.Size))
	out = binary.LittleEndian.AppendUint64(out, uint64(s.ValidFor))
	out = putBool(putBool(out, s.Shared), s.UserDefined)
	return putSet(putSet(putSet(out, s.Cert.Raw), s.Private), s.Public)
}

func putSecrets(out []byte, secrets map[string]Secret) []byte {
	names := make([]string, 0, len(secrets))
	for name := range secrets {
		names = append(names, name)
	}
	sort.Strings(names)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(names)))
	for _, name := range names {
		out = putSecret(putText(out, name), secrets[name])
	}
	return out
}

func putRoot(out []byte, root *Root) []byte {
	out = putSecrets(putSecrets(out, root.Secrets), root.Previous.Secrets)
	for _, s := range []Secret{root.MarbleRun.RootCA, root.MarbleRun.MarbleCert,
		root.MarbleRun.CoordinatorRoot, root.MarbleRun.CoordinatorIntermediate} {
		out = putSecret(out, s)
	}
	return out
}
