// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"bytes"
	"io"
)

// Hear returns all that is heard in frames, and what it ends with.
func Hear(frames []byte) (heard []byte, err error) {
	limited := &io.LimitedReader{R: bytes.NewReader(frames), N: maxSaid}
	m := &messages{conn: fakeConn{Writer: io.Discard}, reader: bufio.NewReader(limited), limited: limited}
	for {
		message, err := m.hear()
		if err != nil {
			return heard, err
		}
		heard = append(heard, message...)
	}
}
