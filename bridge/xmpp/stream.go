// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Bounds on what the other side sends.
const (
	maxStanza   = 256 << 10 // of an element of the stream, with what is in it, in bytes
	maxDepth    = 32        // of elements in each other
	maxElements = 4096      // in an element of the stream
)

var (
	errTooLarge = errors.New("the server sent more than 256 KiB in one piece")
	errEnded    = errors.New("the server closed the stream")
)

// A reader reads the elements of a stream one by one. It reads no byte further than
// it has to, so that another reader can go on where it ended.
type reader struct {
	in  *budget
	xml *xml.Decoder
}

// A budget lets through so many bytes and no more.
type budget struct {
	*bufio.Reader
	left int
}

// ReadByte implements [io.ByteReader], which is all that the XML decoder then uses.
func (b *budget) ReadByte() (byte, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	b.left--
	return b.Reader.ReadByte()
}

func newReader(in *bufio.Reader) *reader {
	b := &budget{Reader: in, left: maxStanza}
	return &reader{in: b, xml: xml.NewDecoder(b)}
}

// open reads what a stream begins with.
func (r *reader) open() error {
	for {
		token, err := r.xml.Token()
		switch token := token.(type) {
		case nil:
			return fmt.Errorf("read the beginning of the stream: %w", err)
		case xml.ProcInst:
			if token.Target == "xml" {
				continue
			}
		case xml.CharData:
			if strings.TrimSpace(string(token)) == "" {
				continue
			}
		case xml.StartElement:
			if token.Name.Space == nsStream && token.Name.Local == "stream" {
				return nil
			}
		}
		return errors.New("what answers does not speak XMPP")
	}
}

// next returns the next element of the stream, and the error of the server instead
// of one that tells of it.
func (r *reader) next() (*element, error) {
	r.in.left = maxStanza
	for {
		token, err := r.xml.Token()
		switch token := token.(type) {
		case nil:
			return nil, err
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" {
				return nil, errors.New("the server sent text where none may be")
			}
		case xml.EndElement:
			return nil, errEnded
		case xml.StartElement:
			e, err := r.element(token)
			if err == nil && e.is(nsStream, "error") {
				return nil, streamError(e)
			}
			return e, err
		default:
			return nil, errForbidden(token)
		}
	}
}

// element reads to the end of an element that began.
func (r *reader) element(start xml.StartElement) (*element, error) {
	top := newElement(start)
	open := []*element{top}
	for count := 1; ; {
		token, err := r.xml.Token()
		inner := open[len(open)-1]
		switch token := token.(type) {
		case nil:
			return nil, err
		case xml.CharData:
			inner.text += string(token)
		case xml.StartElement:
			if count++; len(open) == maxDepth || count > maxElements {
				return nil, errors.New("the server sent too many elements in one piece")
			}
			e := newElement(token)
			inner.children = append(inner.children, e)
			open = append(open, e)
		case xml.EndElement:
			if open = open[:len(open)-1]; len(open) == 0 {
				return top, nil
			}
		default:
			return nil, errForbidden(token)
		}
	}
}

func newElement(start xml.StartElement) *element {
	return &element{name: start.Name, attr: slices.Clone(start.Attr)}
}

// errForbidden is about parts of XML that XMPP does without: comments, processing
// instructions, declarations of document types.
func errForbidden(token xml.Token) error {
	return fmt.Errorf("the server sent what XMPP forbids: %T", token)
}

// streamError is the error of a server that ends the stream. Where it wants us to go
// elsewhere we don't: DNS and settings alone tell where our server is.
func streamError(e *element) error {
	text := shortened(e.childText(nsErrors, "text"))
	if text != "" {
		text = " (" + text + ")"
	}
	return fmt.Errorf("the server ended the stream: %s%s", e.condition(nsErrors), text)
}

// shortened returns a text of the server as it can stand in a message: one line of at
// most 200 bytes.
func shortened(text string) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, text)), " ")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:197], "") + "…"
	}
	return text
}
