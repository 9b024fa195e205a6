// SPDX-License-Identifier: Apache-2.0

package push

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// Bounds of a batch.
const (
	MaxBatchBytes   = 1 << 20 // of its body
	MaxBatchReports = 1000
)

// A Batch is the body of a request to /reporter: reports, and flushes, of many
// replicas. It is what a relay sends.
type Batch struct {
	Reports []BatchReport `json:"reports"`
}

// A BatchReport is one report, or flush, in a [Batch]. Its fields are those of the
// path and the body of a request of its own.
type BatchReport struct {
	Service  string     `json:"service"`
	Node     string     `json:"node"`
	Replica  string     `json:"replica"`
	Interval float64    `json:"interval,omitempty"` // in seconds
	Health   string     `json:"health,omitempty"`
	Reason   Reason     `json:"reason,omitempty"`
	Load     *BatchLoad `json:"load,omitempty"`
	Flush    bool       `json:"flush,omitempty"` // instead of the report
}

// A BatchLoad is the load in a [BatchReport].
type BatchLoad struct {
	CPU *float64 `json:"cpu"`
	RAM *float64 `json:"ram"`
}

// A BatchAnswer is the answer to a [Batch] that was read: those of its reports
// that were refused. All others are kept.
type BatchAnswer struct {
	Errors []BatchError `json:"errors"`
}

// A BatchError says why a report of a batch was refused.
type BatchError struct {
	Report int    `json:"report"` // its place in the batch, from 0
	Code   int    `json:"code"`   // the HTTP status that it would have got alone
	Error  string `json:"error"`
}

// serveBatch answers a batch. Each report in it is counted by itself.
func (h *handler) serveBatch(w http.ResponseWriter, r *http.Request, may may) error {
	var batch struct {
		Reports bounded `json:"reports"`
	}
	if err := h.read(w, r, MaxBatchBytes, func(data []byte) error { return decodeJSON(data, &batch) }); err != nil {
		return err
	}
	if batch.Reports == nil {
		return refusef(http.StatusBadRequest, "reports is missing; a single report goes to /reporter/{service}/{node}")
	}
	errs := h.take(batch.Reports, may)
	answer := BatchAnswer{Errors: []BatchError{}}
	for i, err := range errs {
		code := http.StatusOK
		if err != nil {
			refused := h.refusal(err)
			code = refused.code
			answer.Errors = append(answer.Errors, BatchError{i, code, refused.text})
		}
		h.count(code)
	}
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(answer); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = out.WriteTo(w) // a relay that is gone asks again
	return nil
}

// bounded are the reports of a batch. They are counted before they are read, since
// a short body may hold very many that are empty.
type bounded []BatchReport

// UnmarshalJSON implements [json.Unmarshaler].
func (b *bounded) UnmarshalJSON(data []byte) error {
	switch {
	case *b != nil:
		return refusef(http.StatusBadRequest, "reports is given twice")
	case items(data, MaxBatchReports) > MaxBatchReports:
		return refusef(http.StatusRequestEntityTooLarge, "there are more than %d reports", MaxBatchReports)
	}
	return json.Unmarshal(data, (*[]BatchReport)(b))
}

// items returns how many items a list of valid JSON has, an empty one counted as
// one; it stops counting above limit.
func items(data []byte, limit int) int {
	count, depth, quoted := 1, 0, false
	for i := 0; i < len(data) && count <= limit; i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			depth++
		case c == ']', c == '}':
			depth--
		case c == ',' && depth == 1:
			count++
		}
	}
	return count
}

// take has the store keep what of a batch is well-formed and allowed, and
// returns an error for each report.
func (h *handler) take(reports []BatchReport, may may) []error {
	errs := make([]error, len(reports))
	messages := make([]state.Message, 0, len(reports))
	places := make([]int, 0, len(reports))
	for i, r := range reports {
		m, err := r.message()
		if err == nil && !may.report(r.Service) {
			err = errForbidden
		}
		if err != nil {
			errs[i] = err
			continue
		}
		messages, places = append(messages, m), append(places, i)
	}
	for i, err := range h.Store.Take(messages) {
		errs[places[i]] = err
	}
	return errs
}

// message reads a report as one of its own is read.
func (r BatchReport) message() (state.Message, error) {
	m := state.Message{ID: status.ID{Service: r.Service, Node: r.Node, Replica: r.Replica}, Flush: r.Flush}
	if err := checkID(m.ID); err != nil {
		return m, err
	}
	f := fields{replica: r.Replica, interval: r.Interval, health: r.Health, reason: string(r.Reason), has: hasReplica | hasInterval}
	if r.Health != "" {
		f.has |= hasHealth
	}
	if r.Load != nil {
		f.has |= hasLoad
		if r.Load.CPU != nil {
			f.cpu, f.has = *r.Load.CPU, f.has|hasCPU
		}
		if r.Load.RAM != nil {
			f.ram, f.has = *r.Load.RAM, f.has|hasRAM
		}
	}
	var err error
	switch {
	case r.Flush && (f.has&(hasHealth|hasLoad) != 0 || r.Interval != 0 || r.Reason != ""):
		err = refusef(http.StatusBadRequest, "a flush holds no report")
	case r.Flush && r.Replica == "":
		err = refusef(http.StatusBadRequest, "replica is missing")
	case r.Flush:
	default:
		m.Report, err = f.report()
	}
	return m, err
}
