// SPDX-License-Identifier: Apache-2.0

// Compares the decoding of manifests with the standard library of Go, whose rules they follow (10
// §2): generated documents go to both, which have to agree on whether a document is accepted and on
// all that it says.
//
//	go run . -driver PATH [-n DOCUMENTS] [-seed SEED]
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
)

// driver is the C program, see ../manifest_driver.c.
type driver struct {
	in  *bufio.Writer
	out *bufio.Reader
}

func start(path string) (*driver, error) {
	command := exec.Command(path)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &driver{bufio.NewWriter(in), bufio.NewReader(out)}, command.Start()
}

func (d *driver) ask(document []byte) (string, error) {
	d.in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(document))))
	d.in.Write(document)
	if err := d.in.Flush(); err != nil {
		return "", err
	}
	var size [4]byte
	if _, err := io.ReadFull(d.out, size[:]); err != nil {
		return "", err
	}
	answer := make([]byte, binary.LittleEndian.Uint32(size[:]))
	_, err := io.ReadFull(d.out, answer)
	return string(answer), err
}

func short(text string) string {
	if len(text) > 6000 {
		text = text[:6000] + "..."
	}
	return fmt.Sprintf("%q", text)
}

type tally struct{ accepted, refused, different int }

func (t *tally) compare(d *driver, document []byte) error {
	got, err := d.ask(document)
	if err != nil {
		return fmt.Errorf("the driver ended at %s: %w", short(string(document)), err)
	}
	want, refusal := decode(document)
	switch {
	case refusal != nil && got[0] == '!':
		t.refused++
	case refusal == nil && got == want:
		t.accepted++
	default:
		t.different++
		if refusal != nil {
			want = "!" + refusal.Error()
		}
		if t.different <= 10 {
			fmt.Printf("%s\n%s\n\n", short(string(document)), firstDifference(got, want))
		}
	}
	return nil
}

func run() error {
	path := flag.String("driver", "", "the driver program")
	count := flag.Int("n", 100000, "documents to generate")
	seed := flag.Int64("seed", 1, "seed of the generator")
	flag.Parse()
	d, err := start(*path)
	if err != nil {
		return err
	}
	g, err := newGenerator(rand.New(rand.NewSource(*seed)))
	if err != nil {
		return err
	}
	var t tally
	for range *count {
		if err := t.compare(d, g.document()); err != nil {
			return err
		}
	}
	fmt.Printf("%d accepted, %d refused, %d differences\n", t.accepted, t.refused, t.different)
	if t.different > 0 || t.accepted < *count/4 || t.refused < *count/10 {
		return errors.New("they differ, or the documents are too much alike")
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
