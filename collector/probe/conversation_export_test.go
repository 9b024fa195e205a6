// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"bytes"
	"io"
	"net"
)

// Converse has one turn of a conversation with a target that says text, in
// pieces of at most size bytes. It returns what was said to the target.
func Converse(text []byte, size int, e Exchange) (said string, facts *ConversationFacts, err error) {
	var t Trace
	var out bytes.Buffer
	in := io.Reader(&pieces{text, size})
	s := &lines{conn: fakeConn{Writer: &out}, reader: bufio.NewReader(in), left: maxSaid}
	err = converse(&t, s, []Exchange{e})
	return out.String(), t.Conversation, err
}

type fakeConn struct {
	net.Conn
	io.Writer
}

func (c fakeConn) Write(p []byte) (int, error) { return c.Writer.Write(p) }

type pieces struct {
	text []byte
	size int
}

func (p *pieces) Read(buf []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(buf[:min(len(buf), p.size)], p.text)
	p.text = p.text[n:]
	return n, nil
}
