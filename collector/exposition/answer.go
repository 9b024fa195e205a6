// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"encoding/binary"
	"io"
)

// An answer is a page as it is sent. If it is compressed, it is one member of gzip
// that is put together of deflated blocks: members of their own would need no
// arithmetic with checksums, but many clients read the first one alone.
type answer struct {
	gzip    bool
	scratch *scratch
	pending []byte // not yet a block
	blocks  []block
}

// text adds what is in no block, to be compressed together with the text beside it.
func (a *answer) text(text []byte) { a.pending = append(a.pending, text...) }

// flush makes a block of the text that is pending.
func (a *answer) flush() error {
	b := block{data: a.pending, size: len(a.pending)}
	if a.gzip {
		var err error
		if b, err = a.scratch.deflate(nil, a.pending); err != nil {
			return err
		}
	}
	a.pending = nil
	a.blocks = append(a.blocks, b)
	return nil
}

// The first bytes of gzip (deflated, without a name or a time, by a system that is not
// told), and an empty last block.
const (
	gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	gzipLast = "\x03\x00"
	gzipSums = 8 // the checksum and the size
)

// len returns how many bytes writeTo will write.
func (a *answer) len() (n int) {
	if a.gzip {
		n = len(gzipHead) + len(gzipLast) + gzipSums
	}
	for i := range a.blocks {
		n += len(a.blocks[i].data)
	}
	return n
}

// writeTo sends the answer.
func (a *answer) writeTo(w io.Writer) error {
	if a.gzip {
		if _, err := io.WriteString(w, gzipHead); err != nil {
			return err
		}
	}
	var crc, size uint32
	for i := range a.blocks {
		b := &a.blocks[i]
		if b.size == 0 {
			continue
		}
		if _, err := w.Write(b.data); err != nil {
			return err
		}
		crc, size = crcMultiply(crc, b.shift)^b.crc, size+uint32(b.size)
	}
	if !a.gzip {
		return nil
	}
	last := binary.LittleEndian.AppendUint32([]byte(gzipLast), crc)
	_, err := w.Write(binary.LittleEndian.AppendUint32(last, size))
	return err
}
