// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"time"

	"github.com/prometheus/common/expfmt"
)

// keepFor is how long a page is kept that nobody asks for.
const keepFor = 5 * time.Minute

// A pageKey names the pages that there are: a format, compressed or not.
type pageKey struct {
	format expfmt.FormatType
	gzip   bool
}

// A page is what was sent last, in blocks: one for each group of rows in each
// column. A status hardly ever changes, so almost all of the blocks that hold it are
// sent as they are.
type page struct {
	gzip    bool
	common  []Label
	columns map[string]*columnBlocks // by the names of their families
	used    time.Time
	sending int // how many requests are being answered with the blocks
}

// columnBlocks are the blocks of one column.
type columnBlocks struct {
	layout uint64
	keys   []uint64 // of the rows
	blocks []block  // of the groups
}

// A change is a group of rows that may have to be encoded again.
type change struct {
	*columnBlocks
	part   *part
	group  int
	always bool // whatever the keys say
}

// refresh encodes what differs from what the page has.
func (p *page) refresh(v *view, pool *scratches) error {
	if p.columns == nil || !slices.Equal(p.common, v.Common) {
		p.common, p.columns = v.Common, map[string]*columnBlocks{}
	}
	var changes []change
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
			changes = append(changes, change{column, part, g, anew})
		}
	}
	err := pool.inParallel(len(changes), func(i int, s *scratch) error { return p.apply(&changes[i], s) })
	if err != nil {
		p.columns = nil // some of it is neither old nor new
	}
	return err
}

// prepare makes room for the groups of a table. It returns true if what there was is
// of no use.
func (b *columnBlocks) prepare(t Table) (anew bool) {
	if len(b.blocks) > 0 && b.layout == t.layout() && len(b.keys) == t.rows() {
		return false
	}
	groups := (t.rows() + groupRows - 1) / groupRows
	b.layout, b.keys, b.blocks = t.layout(), make([]uint64, t.rows()), make([]block, groups)
	return true
}

// apply makes the block of a group if one of its rows has another key. The memory of
// the block before is used again, unless somebody is still being sent that.
func (p *page) apply(c *change, s *scratch) (err error) {
	t := c.part.table
	from, until := c.group*groupRows, min((c.group+1)*groupRows, t.rows())
	// The keys come first: what changes while the samples are read is then noticed
	// the next time.
	if changed := t.renew(c.part.column, from, c.keys[from:until]); !changed && !c.always {
		return nil
	}
	memory := c.blocks[c.group].data[:0]
	if p.sending > 0 {
		memory = nil
	}
	if p.gzip {
		s.raw = s.encode(s.raw[:0], c.part, from, until)
		c.blocks[c.group], err = s.deflate(memory, s.raw)
		return err
	}
	data := s.encode(memory, c.part, from, until)
	c.blocks[c.group] = block{data: data, size: len(data)}
	return nil
}

// answer returns all of a page that is up to date.
func (p *page) answer(v *view, s *scratch) (*answer, error) {
	a := &answer{gzip: p.gzip, scratch: s}
	for i := range v.parts {
		part := &v.parts[i]
		if part.table == nil {
			a.text(part.rest)
			continue
		}
		column, size := p.columns[part.name], 0
		for i := range column.blocks {
			size += column.blocks[i].size
		}
		if size == 0 {
			continue // a family without samples is not there
		}
		a.text(part.encoder.head(nil, size))
		if err := a.flush(); err != nil {
			return nil, err
		}
		a.blocks = append(a.blocks, column.blocks...)
	}
	a.text([]byte(v.end))
	return a, a.flush()
}
