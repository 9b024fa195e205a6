// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// What a page tells the public, as far as it is shown here.
type (
	// A publicReport is /status/report, which knows replicas. A Vigil has it too.
	publicReport struct {
		Health   status.Status   `json:"health"`
		Page     publicPage      `json:"page"`
		Services []publicService `json:"probes"`
	}
	publicPage struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	publicService struct {
		ID          string        `json:"-"`
		Name        string        `json:"name"`
		Status      status.Status `json:"status"`
		Maintenance bool          `json:"-"`
		Nodes       []publicNode  `json:"nodes"`
	}
	publicNode struct {
		ID          string          `json:"-"`
		Name        string          `json:"name"`
		Status      status.Status   `json:"status"`
		Maintenance bool            `json:"-"`
		Replicas    []status.Status `json:"replicas"`
	}

	// A publicSummary is /api/v2/summary.json, which knows all else.
	publicSummary struct {
		Page struct {
			AsOf time.Time `json:"updated_at"`
		} `json:"page"`
		Components   []publicComponent `json:"components"` // each service, and then its nodes
		Incidents    []publicEvent     `json:"incidents"`
		Maintenances []publicEvent     `json:"scheduled_maintenances"`
	}
	publicComponent struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Status string `json:"status"`
		Group  bool   `json:"group"`
	}
	publicEvent struct {
		ID         string            `json:"id"`
		Name       string            `json:"name"`
		Phase      string            `json:"status"`
		Impact     string            `json:"impact"`
		Started    time.Time         `json:"started_at"`
		From       time.Time         `json:"scheduled_for"`
		Until      time.Time         `json:"scheduled_until"`
		Components []publicComponent `json:"components"`
	}
)

// underMaintenance is the word of the summary.
const underMaintenance = "under_maintenance"

// A publicStatus is the page at one time.
type publicStatus struct {
	publicReport
	title        string    // of what is shown of it
	body         []byte    // the report as it was served
	asOf         time.Time // of the data; zero: not told
	incidents    []publicEvent
	maintenances []publicEvent
}

// readStatus asks the page. The two answers are of one moment, unless the page has
// just changed: then it is asked again.
func readStatus(ctx context.Context, c *client) (*publicStatus, error) {
	for attempt := 1; ; attempt++ {
		s, err := readReport(ctx, c)
		if err != nil {
			return nil, err
		}
		body, err := c.do(ctx, http.MethodGet, "/api/v2/summary.json", nil)
		if errors.Is(err, errNotThere) {
			return s, nil // a Vigil, which tells no more
		} else if err != nil {
			return nil, err
		}
		var summary publicSummary
		if err := json.Unmarshal(body, &summary); err != nil {
			return nil, fmt.Errorf("%s answers otherwise than a status page: %w", c.at(), err)
		}
		s.asOf, s.incidents, s.maintenances = summary.Page.AsOf, summary.Incidents, summary.Maintenances
		if s.name(summary.Components) || attempt == 3 {
			return s, nil
		}
	}
}

func readReport(ctx context.Context, c *client) (*publicStatus, error) {
	body, err := c.do(ctx, http.MethodGet, "/status/report", nil)
	if err != nil {
		return nil, err
	}
	s := &publicStatus{body: body}
	if err := json.Unmarshal(body, &s.publicReport); err != nil {
		return nil, fmt.Errorf("%s answers otherwise than a status page: %w", c.at(), err)
	}
	s.title = s.Page.Name
	return s, nil
}

// name gives services and nodes their ids, and tells whether the components are theirs.
func (s *publicStatus) name(components []publicComponent) bool {
	next := func(name string, group bool) (id string, maintenance, ok bool) {
		if len(components) == 0 || components[0].Name != name || components[0].Group != group {
			return "", false, false
		}
		c := components[0]
		components = components[1:]
		return c.ID, c.Status == underMaintenance, true
	}
	for i := range s.Services {
		service := &s.Services[i]
		var ok bool
		if service.ID, service.Maintenance, ok = next(service.Name, true); !ok {
			return false
		}
		for j := range service.Nodes {
			node := &service.Nodes[j]
			if node.ID, node.Maintenance, ok = next(node.Name, false); !ok {
				return false
			}
		}
	}
	return len(components) == 0
}

// only leaves one service or node, named by its id or by what the page calls it.
func (s *publicStatus) only(name string) error {
	for _, service := range s.Services {
		if name == service.ID || name == service.Name {
			s.Services, s.Health, s.title = []publicService{service}, service.Status, service.Name
			return s.onlyEvents(service.ID)
		}
		for _, node := range service.Nodes {
			if name == node.ID || name == service.Name+"/"+node.Name {
				service.Nodes = []publicNode{node}
				s.Services, s.Health, s.title = []publicService{service}, node.Status, service.Name+", "+node.Name+","
				return s.onlyEvents(node.ID)
			}
		}
	}
	return fmt.Errorf("the page shows no %q; pharosctl status lists what it shows", printable(name))
}

// onlyEvents leaves what is said of a component, of a part of it or of all.
func (s *publicStatus) onlyEvents(id string) error {
	hit := func(all []publicEvent) (some []publicEvent) {
		for _, e := range all {
			if e.hits(id) {
				some = append(some, e)
			}
		}
		return some
	}
	s.incidents, s.maintenances = hit(s.incidents), hit(s.maintenances)
	var body bytes.Buffer
	out := json.NewEncoder(&body)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	err := out.Encode(s.publicReport)
	s.body = body.Bytes()
	return err
}

func (e *publicEvent) hits(id string) bool {
	if len(e.Components) == 0 || id == "" {
		return true
	}
	for _, c := range e.Components {
		if c.ID == id || strings.HasPrefix(c.ID, id+"/") || strings.HasPrefix(id, c.ID+"/") {
			return true
		}
	}
	return false
}
