// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"hash/crc32"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"
)

// maxWorkers bounds on how many processors a scrape runs. Each of them needs about
// a megabyte.
const maxWorkers = 4

// A scratch is memory that is used again and again.
type scratch struct {
	rows     rowLabels
	samples  Samples
	raw      []byte
	deflated bytes.Buffer
	flate    *flate.Writer
}

// scratches are those that are not in use, as long as there is memory to spare.
type scratches struct{ pool sync.Pool }

func (p *scratches) take() *scratch {
	if s, ok := p.pool.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

func (p *scratches) put(s *scratch) { p.pool.Put(s) }

// inParallel calls f for each i below n, on every processor there is: what takes all
// of one for some time would delay probes.
func (p *scratches) inParallel(n int, f func(i int, s *scratch) error) error {
	var next atomic.Int64
	var workers errgroup.Group
	for range min(runtime.GOMAXPROCS(0), maxWorkers, n) {
		workers.Go(func() error {
			s := p.take()
			defer p.put(s)
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := f(i, s); err != nil {
					return err
				}
			}
		})
	}
	return workers.Wait()
}

// encode appends the samples of rows whose labels have been loaded.
func (s *scratch) encode(to []byte, p *part, first, end int) []byte {
	s.samples.reset(p.table.family(p.column), p.encoder.hasBuckets())
	p.table.add(p.column, first, end, &s.samples)
	return p.encoder.samples(to, &s.rows, &s.samples)
}

// A block is a piece of an answer. One that is deflated ends at a byte and refers to
// nothing before it, so that it can follow any other.
type block struct {
	data  []byte
	size  int    // before compression
	crc   uint32 // of what was deflated
	shift uint32 // what the checksum of all before it is multiplied by
}

// deflate makes a block in memory that may be written to. It compresses at the
// lowest level, which takes a seventh of the time of the default one and makes these
// texts a third longer.
func (s *scratch) deflate(memory, raw []byte) (block, error) {
	if len(raw) == 0 {
		return block{}, nil
	}
	s.deflated.Reset()
	if s.flate == nil {
		w, err := flate.NewWriter(&s.deflated, flate.BestSpeed)
		if err != nil {
			return block{}, err
		}
		s.flate = w
	}
	s.flate.Reset(&s.deflated)
	if _, err := s.flate.Write(raw); err != nil {
		return block{}, err
	}
	if err := s.flate.Flush(); err != nil { // ends at a byte, and does not end the stream
		return block{}, err
	}
	return block{
		data: append(memory, s.deflated.Bytes()...), size: len(raw),
		crc: crc32.ChecksumIEEE(raw), shift: crcShift(len(raw)),
	}, nil
}

// The checksum of gzip is the remainder of a polynomial over the bits. That of two
// texts together follows from those of each: the first one is multiplied by x to
// the power of the bits of the second, and the other one added. So a text that is
// sent in compressed form alone need not be there for the checksum of the whole.
//
// Polynomials have the coefficient of x^0 in the highest bit.
const (
	crcOne = 1 << 31       // x^0
	crcX8  = 1 << (31 - 8) // x^8: a byte
)

// crcShift returns x to the power of the bits of n bytes.
func crcShift(n int) uint32 {
	result, square := uint32(crcOne), uint32(crcX8)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = crcMultiply(result, square)
		}
		square = crcMultiply(square, square)
	}
	return result
}

// crcMultiply multiplies two polynomials, modulo that of the checksum.
func crcMultiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a&crcOne != 0 {
			product ^= b
		}
		b = b>>1 ^ crc32.IEEE&-(b&1) // times x
	}
	return product
}
