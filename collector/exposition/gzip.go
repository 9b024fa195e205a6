// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"encoding/binary"
	"io"
	"slices"
	"time"
)

// keepFor is how long what is compressed is kept for a format that nobody asks for.
const keepFor = 5 * time.Minute

// A page is what is compressed of one format: a block for each group of rows and
// each column. A status hardly ever changes, and of the blocks that hold it almost
// all are sent as they were sent before.
type page struct {
	common  []Label
	columns map[string]*columnBlocks // by the names of their families
	used    time.Time
}

// columnBlocks are the blocks of one column.
type columnBlocks struct {
	layout uint64
	keys   []uint64 // of the rows; nil before the blocks are made
	blocks []block  // of the groups
}

// refresh compresses what differs from what the page has. The blocks that were
// there are not written to: another request may be sending them.
func (p *page) refresh(v *view, pool *scratches) error {
	if p.columns == nil || !slices.Equal(p.common, v.Common) {
		p.common, p.columns = v.Common, map[string]*columnBlocks{}
	}
	type group struct {
		*columnBlocks
		part  *part
		index int
		anew  bool
	}
	var all []group
	for i := range v.parts {
		part := &v.parts[i]
		if part.table == nil {
			continue
		}
		column := p.columns[part.name]
		if column == nil {
			column = &columnBlocks{}
			p.columns[part.name] = column
		}
		anew := column.prepare(part.table)
		for g := range column.blocks {
			all = append(all, group{column, part, g, anew})
		}
	}
	err := pool.inParallel(len(all), func(i int, s *scratch) error {
		g := &all[i]
		return g.refresh(g.part, g.index, g.anew, s)
	})
	if err != nil {
		p.columns = nil // some of it is neither old nor new
	}
	return err
}

// prepare makes room for the groups of a table. It returns true if none of what there
// was is of use.
func (b *columnBlocks) prepare(t Table) (anew bool) {
	if b.keys != nil && b.layout == t.layout() && len(b.keys) == t.rows() {
		return false
	}
	b.layout, b.keys = t.layout(), make([]uint64, t.rows())
	b.blocks = make([]block, groupsOf(t))
	return true
}

// refresh makes the block of a group if one of its rows has another key.
func (b *columnBlocks) refresh(p *part, group int, anew bool, s *scratch) (err error) {
	from, until := group*groupRows, min((group+1)*groupRows, p.table.rows())
	changed := anew
	for row := from; row < until; row++ {
		// The key comes first: what changes while the samples are read is then
		// noticed the next time.
		if key := p.table.key(p.column, row); key != b.keys[row] {
			b.keys[row], changed = key, true
		}
	}
	if !changed {
		return nil
	}
	s.raw = s.encode(s.raw[:0], p, group)
	b.blocks[group], err = s.deflate(s.raw)
	return err
}

// size returns how many bytes there are before compression.
func (b *columnBlocks) size() (n int) {
	for i := range b.blocks {
		n += int(b.blocks[i].size)
	}
	return n
}

// A gzipStream is made of blocks. It is one member, though blocks that are members
// of their own would need no arithmetic with checksums: many clients read the first
// one alone.
type gzipStream struct {
	scratch *scratch
	pending []byte // not yet deflated
	blocks  []block
}

// stream returns all of a page that is up to date.
func (p *page) stream(v *view, s *scratch) (*gzipStream, error) {
	g := &gzipStream{scratch: s}
	for i := range v.parts {
		part := &v.parts[i]
		if part.table == nil {
			g.pending = append(g.pending, part.rest...)
			continue
		}
		column := p.columns[part.name]
		size := column.size()
		if size == 0 {
			continue
		}
		g.pending = part.encoder.head(g.pending, size)
		if err := g.flush(); err != nil {
			return nil, err
		}
		g.blocks = append(g.blocks, column.blocks...)
	}
	g.pending = append(g.pending, v.end...)
	return g, g.flush()
}

// flush adds a block of what is pending.
func (g *gzipStream) flush() error {
	b, err := g.scratch.deflate(g.pending)
	g.pending = g.pending[:0]
	g.blocks = append(g.blocks, b)
	return err
}

// The first bytes of a gzip stream (deflated, without a name or a time, on a system
// that is not told), and an empty last block.
const (
	gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	gzipLast = "\x03\x00"
)

// len returns how many bytes writeTo will write.
func (g *gzipStream) len() int {
	n := len(gzipHead) + len(gzipLast) + 8
	for i := range g.blocks {
		n += len(g.blocks[i].data)
	}
	return n
}

func (g *gzipStream) writeTo(w io.Writer) error {
	if _, err := io.WriteString(w, gzipHead); err != nil {
		return err
	}
	var crc, size uint32
	for i := range g.blocks {
		b := &g.blocks[i]
		if b.size == 0 {
			continue
		}
		if _, err := w.Write(b.data); err != nil {
			return err
		}
		crc, size = crcMultiply(crc, b.shift)^b.crc, size+b.size
	}
	last := binary.LittleEndian.AppendUint32([]byte(gzipLast), crc)
	_, err := w.Write(binary.LittleEndian.AppendUint32(last, size))
	return err
}
