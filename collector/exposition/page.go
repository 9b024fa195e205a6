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

// groupRows is how many rows are encoded, and compressed, together: enough for them
// to be compressed well, and few enough that most groups of a column that seldom
// changes stay as they are.
const groupRows = 512

// A group is rows of a table that are encoded together: their labels are encoded once
// for all columns.
type group struct {
	table      Table
	first, end int
	columns    []groupColumn
}

// A groupColumn is a column as far as it is in a group.
type groupColumn struct {
	*part
	keys  []uint64
	block *block
	anew  bool // whatever the keys say
}

// refresh encodes what differs from what the page has.
func (p *page) refresh(v *view, pool *scratches) error {
	if p.columns == nil || !slices.Equal(p.common, v.Common) {
		p.common, p.columns = v.Common, map[string]*columnBlocks{}
	}
	var groups []group
	for i := range v.Tables {
		groups = append(groups, p.groups(v, i)...)
	}
	err := pool.inParallel(len(groups), func(i int, s *scratch) error { return p.encode(&groups[i], v.format, s) })
	if err != nil {
		p.columns = nil // some of it is neither old nor new
	}
	return err
}

// groups returns the groups of a table, with the columns that are asked for.
func (p *page) groups(v *view, table int) []group {
	t := v.Tables[table]
	groups := make([]group, (t.rows()+groupRows-1)/groupRows)
	for g := range groups {
		groups[g] = group{table: t, first: g * groupRows, end: min((g+1)*groupRows, t.rows())}
	}
	for i := range v.parts {
		part := &v.parts[i]
		if part.table == nil || part.index != table {
			continue
		}
		column := p.columns[part.name]
		if column == nil {
			column = &columnBlocks{}
			p.columns[part.name] = column
		}
		anew := column.prepare(t, len(groups))
		for g := range groups {
			keys := column.keys[groups[g].first:groups[g].end]
			groups[g].columns = append(groups[g].columns, groupColumn{part, keys, &column.blocks[g], anew})
		}
	}
	return groups
}

// prepare makes room for the groups of a table. It returns true if what there was is
// of no use.
func (b *columnBlocks) prepare(t Table, groups int) (anew bool) {
	if len(b.blocks) == groups && b.layout == t.layout() && len(b.keys) == t.rows() {
		return false
	}
	b.layout, b.keys, b.blocks = t.layout(), make([]uint64, t.rows()), make([]block, groups)
	return true
}

// encode makes the blocks of the columns in which a row of the group has another
// key. The memory of the block before is used again, unless somebody is still being
// sent that.
func (p *page) encode(g *group, f format, s *scratch) (err error) {
	loaded := false
	for _, c := range g.columns {
		// The keys come first: what changes while the samples are read is then
		// noticed the next time.
		if changed := g.table.renew(c.column, g.first, c.keys); !changed && !c.anew {
			continue
		}
		if !loaded {
			s.rows.load(g.table, g.first, g.end, f)
			loaded = true
		}
		memory := c.block.data[:0]
		if p.sending > 0 {
			memory = nil
		}
		if !p.gzip {
			data := s.encode(memory, c.part, g.first, g.end)
			*c.block = block{data: data, size: len(data)}
			continue
		}
		s.raw = s.encode(s.raw[:0], c.part, g.first, g.end)
		if *c.block, err = s.deflate(memory, s.raw); err != nil {
			return err
		}
	}
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
