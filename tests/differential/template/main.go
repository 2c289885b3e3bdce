// SPDX-License-Identifier: Apache-2.0

// Compares the template room with Go's text/template, whose language it speaks: generated templates
// and data go to both, and the output has to be the same, or the kind of error and its message.
//
//	go run . -driver PATH [-n TEMPLATES] [-seed SEED] [-lines FILE]
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"text/template"
	"time"
)

// outputMax bounds what a template may write here; whoever writes more is left out.
const outputMax = 1 << 20

// driver is the C program, see ../template_driver.c.
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

func (d *driver) run(text string, root *Root) (byte, string, error) {
	request := putRoot(putText(nil, text), root)
	d.in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(request))))
	d.in.Write(request)
	if err := d.in.Flush(); err != nil {
		return 0, "", err
	}
	var head [5]byte
	if _, err := io.ReadFull(d.out, head[:]); err != nil {
		return 0, "", err
	}
	answer := make([]byte, binary.LittleEndian.Uint32(head[1:]))
	_, err := io.ReadFull(d.out, answer)
	return head[0], string(answer), err
}

var errMuch = errors.New("too much output")

type bounded struct{ strings.Builder }

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > outputMax {
		return 0, errMuch
	}
	return b.Builder.Write(data)
}

// reference gives the letter and text that the driver should answer; 0 to leave the template out.
func reference(text string, root *Root) (byte, string) {
	t, err := template.New("data").Funcs(functions).Parse(text)
	if err != nil {
		return 'p', err.Error()
	}
	done := make(chan error, 1)
	var out bounded
	go func() { done <- t.Execute(&out, *root) }()
	select {
	case err = <-done:
	case <-time.After(10 * time.Second):
		return 0, ""
	}
	switch {
	case errors.Is(err, errMuch):
		return 0, ""
	case err != nil:
		return 'e', err.Error()
	}
	return 'o', out.String()
}

// Messages that show a value here and its type there, as it might be a secret.
var shown = []*regexp.Regexp{
	regexp.MustCompile(`index out of range: -?\d+|index out of range$`),
	regexp.MustCompile(`invalid slice index(: \d+ > \d+)?`),
	regexp.MustCompile(`(?s)range can't iterate over .*`),
	regexp.MustCompile(`(?s)can't use .* to iterate over more than one variable`),
	regexp.MustCompile(`(?s)non-function .* ?of type `),
	regexp.MustCompile(`(?s)non-comparable types? .*`),
}

var nul = regexp.MustCompile(`(?s)\x00.*?(>: |$)`)

func plain(message string) string {
	for i, s := range shown {
		message = s.ReplaceAllString(message, fmt.Sprintf("(shown %d)", i))
	}
	// A message of the driver's cannot contain NUL, which ends what was quoted.
	return nul.ReplaceAllString(message, "$1")
}

// sameMessage: long sources of commands are cut in the driver's messages, which shows as dots.
func sameMessage(want, got string) bool {
	want, got = plain(want), plain(got)
	if want == got {
		return true
	}
	parts := strings.Split(got, "...")
	if len(want) < 700 || len(parts) < 2 || !strings.HasPrefix(want, parts[0]) || !strings.HasSuffix(want, parts[len(parts)-1]) {
		return false
	}
	for _, part := range parts {
		at := strings.Index(want, part)
		if at < 0 {
			return false
		}
		want = want[at+len(part):]
	}
	return true
}

type tally struct {
	output, parse, execution, refused, left, different int
}

// refusable: whole records, addresses, complex numbers and some forms of floats need not be printed
// (10 §6.4), but then nothing else may come out.
var refusable = regexp.MustCompile(`can't print (a value of type (main\.|map\[)|an address|a float)|imaginary numbers`)

func (t *tally) compare(d *driver, text string, root *Root) error {
	// The driver comes first, since it bounds what would never end.
	got, gotText, err := d.run(text, root)
	if err != nil {
		return fmt.Errorf("the driver ended at %q: %w", text, err)
	}
	if got == 'l' {
		t.left++
		return nil
	}
	if got == 'u' && refusable.MatchString(gotText) {
		t.refused++
		return nil
	}
	want, wantText := reference(text, root)
	if want == 0 {
		t.left++
		return nil
	}
	same := want == got
	switch {
	case same && want == 'o':
		same = wantText == gotText
		t.output++
	case same && want == 'p':
		same = sameMessage(wantText, gotText)
		t.parse++
	case same:
		same = sameMessage(wantText, gotText)
		t.execution++
	}
	if !same {
		t.different++
		if t.different <= 20 {
			fmt.Printf("template %.4000q\nwant %c %.2000q\ngot  %c %.2000q\n\n", text, want, wantText, got, gotText)
		}
	}
	return nil
}

func lines(path string, use func(text string) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "J") {
			var text string
			if err := json.Unmarshal([]byte(line[1:]), &text); err != nil {
				return err
			}
			line = text
		}
		if err := use(line); err != nil {
			return err
		}
	}
	return nil
}

func run() error {
	path := flag.String("driver", "", "the driver program")
	count := flag.Int("n", 100000, "templates to generate")
	seed := flag.Int64("seed", 1, "seed of the generator")
	file := flag.String("lines", "", "also compare the templates in this file, one a line")
	flag.Parse()
	d, err := start(*path)
	if err != nil {
		return err
	}
	var t tally
	g := &generator{Rand: rand.New(rand.NewSource(*seed))}
	if *file != "" {
		root := g.root()
		err := lines(*file, func(text string) error { return t.compare(d, text, root) })
		if err != nil {
			return err
		}
	}
	root := g.root()
	for i := 0; i < *count; i++ {
		if i%16 == 0 {
			root = g.root()
		}
		if err := t.compare(d, g.template(), root); err != nil {
			return err
		}
	}
	fmt.Printf("%d outputs, %d parse errors, %d execution errors, %d refused, %d left out, %d differences\n",
		t.output, t.parse, t.execution, t.refused, t.left, t.different)
	if t.different > 0 {
		return errors.New("differences")
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
