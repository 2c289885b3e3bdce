// SPDX-License-Identifier: Apache-2.0

// Compares the codec room with the standard library of Go, whose observable behaviour it follows:
// generated inputs go to both, and every answer has to be the same: accepted or not, the values,
// and the error texts.
//
//	go run . -driver PATH [-n INPUTS] [-seed SEED]
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
)

// driver is the C program, see ../codec_driver.c.
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

func (d *driver) ask(operation byte, data []byte) (string, error) {
	var size [4]byte
	binary.LittleEndian.PutUint32(size[:], uint32(len(data)))
	d.in.WriteByte(operation)
	d.in.Write(size[:])
	d.in.Write(data)
	if err := d.in.Flush(); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(d.out, size[:]); err != nil {
		return "", err
	}
	answer := make([]byte, binary.LittleEndian.Uint32(size[:]))
	_, err := io.ReadFull(d.out, answer)
	return string(answer), err
}

// family is one kind of input, and what both sides are asked about it.
type family struct {
	name       string
	generate   func(*rand.Rand) []byte
	operations map[byte]func([]byte) string
}

func short(text string) string {
	if len(text) > 400 {
		text = text[:400] + "..."
	}
	return fmt.Sprintf("%q", text)
}

func run(d *driver, f family, inputs int, random *rand.Rand) (asked, accepted, different int, err error) {
	for i := 0; i < inputs; i++ {
		input := f.generate(random)
		for operation, expect := range f.operations {
			want := expect(input)
			got, err := d.ask(operation, input)
			if err != nil {
				return asked, accepted, different, fmt.Errorf("%w, after %s", err, short(string(input)))
			}
			asked++
			if len(got) == 0 || got[0] != '!' {
				accepted++
			}
			if got != want {
				different++
				if different <= 10 {
					fmt.Printf("%s %c %s\n  got:  %s\n  want: %s\n", f.name, operation, short(string(input)),
						short(got), short(want))
				}
			}
		}
	}
	return asked, accepted, different, nil
}

func main() {
	path := flag.String("driver", "", "the C program")
	inputs := flag.Int("n", 100000, "inputs of each family")
	seed := flag.Int64("seed", 1, "seed of the generators")
	flag.Parse()

	d, err := start(*path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	bad := false
	for _, f := range append(jsonFamilies(), textFamilies()...) {
		asked, accepted, different, err := run(d, f, *inputs, rand.New(rand.NewSource(*seed)))
		fmt.Printf("%-12s %7d inputs, %7d questions, %7d accepted, %d differences\n", f.name, *inputs, asked,
			accepted, different)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		bad = bad || different > 0 || accepted == 0
	}
	if bad {
		os.Exit(1)
	}
}
