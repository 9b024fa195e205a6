// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// recent is how many lines of the journal the overview has.
const recent = 8

// overviewPage is what overview.html shows.
type overviewPage struct {
	frame
	Whole         string // the page's sentence
	Overall       status.Status
	Bad           []bad
	Drafts, Open  []statuspage.Incident
	Now, Next     []planned
	Announcements int
	Entries       []entry
}

// A bad component is one that is not healthy at the moment.
type bad struct {
	Service, Label string
	Ref            string
	Status         status.Status
	Lasted         string // for how long, if that is known
	Maintenance    bool   // that was to be expected
	Told           bool   // an open incident names it
}

func (a *Admin) overview(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := &overviewPage{frame: a.newFrame(r, v, "Overview", "overview")}
	p.Wide = true
	incidents, err := a.Desk.Incidents(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	maintenances, err := a.Desk.Maintenances(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	announcements, err := a.Desk.Announcements(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	journal, err := a.Store.Journal(r.Context(), "", 0, recent)
	if err := p.know(err); err != nil {
		return err
	}
	p.Drafts, p.Open, _ = sorted(incidents)
	p.Now, p.Next, _ = p.byTime(maintenances)
	p.Next = p.Next[:min(len(p.Next), shownDates)]
	p.Announcements, p.Entries = len(announcements), p.entries(journal)
	if a.Page != nil {
		page := a.Page()
		p.Whole, p.Overall = a.Words.Sentence(page), page.Verdict().Status
		p.Bad = p.badOf(page)
	}
	a.render(w, http.StatusOK, "overview", p)
	return nil
}

// maxBad is how many components that are not healthy are named.
const maxBad = 12

func (p *overviewPage) badOf(page statuspage.Page) (all []bad) {
	for _, s := range page.Services {
		for _, n := range s.Nodes {
			if n.Status == status.Healthy || len(all) == maxBad {
				continue
			}
			id := status.NodeID{Service: s.ID, Node: n.ID}
			b := bad{Service: s.Label, Label: n.Label, Ref: statuspage.RefOf(id).String(), Status: n.Status, Maintenance: n.InMaintenance}
			if !n.Since.IsZero() {
				b.Lasted = p.Lasted(n.Since, p.admin.Now())
			}
			for _, i := range p.Open {
				for _, ref := range i.Components {
					b.Told = b.Told || ref.Covers(id)
				}
			}
			all = append(all, b)
		}
	}
	return all
}
