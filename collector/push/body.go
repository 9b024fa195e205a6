// SPDX-License-Identifier: Apache-2.0

package push

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// maxInterval bounds the interval before it becomes a time.Duration; how long it
// may be in earnest is up to the store.
const maxInterval = 100 * 365 * 24 * time.Hour

// A body is what clients send. What they send besides is left alone.
type body struct {
	Replica  *string  `json:"replica"`
	Interval *float64 `json:"interval"` // in seconds
	Load     *struct {
		CPU *float64 `json:"cpu"`
		RAM *float64 `json:"ram"`
	} `json:"load"`
	Health *string `json:"health"`
}

func readReport(w http.ResponseWriter, r *http.Request) (replica string, report state.Report, err error) {
	tooLong := refusef(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", MaxBodyBytes)
	if r.ContentLength > MaxBodyBytes {
		w.Header().Set("Connection", "close") // rather than to read it all
		return "", report, tooLong
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBodyBytes))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return "", report, tooLong
	case err != nil:
		return "", report, refusef(http.StatusBadRequest, "the body ends before its time")
	}
	return parseReport(data)
}

// parseReport reads a body.
func parseReport(data []byte) (replica string, report state.Report, err error) {
	if !utf8.Valid(data) {
		return "", report, refusef(http.StatusBadRequest, "the body is not valid UTF-8")
	}
	var b body
	err = json.Unmarshal(data, &b)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "", report, refusef(http.StatusBadRequest, "the body does not fit: %s can't be of the type %s", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	if err != nil {
		return "", report, refusef(http.StatusBadRequest, "the body does not fit: %v", err)
	}
	switch {
	case b.Replica == nil || *b.Replica == "":
		return "", report, refusef(http.StatusBadRequest, "replica is missing")
	case b.Interval == nil:
		return "", report, refusef(http.StatusBadRequest, "interval is missing; send the seconds between two reports")
	case *b.Interval < 0 || *b.Interval > maxInterval.Seconds():
		return "", report, refusef(http.StatusBadRequest, "interval is %v seconds, want more than 0 and at most a year", *b.Interval)
	}
	report.Interval = time.Duration(*b.Interval * float64(time.Second))
	if err := b.judgement(&report); err != nil {
		return "", report, err
	}
	return *b.Replica, report, nil
}

// judgement reads the part that differs with the mode of the node.
func (b body) judgement(report *state.Report) error {
	switch {
	case b.Load == nil && b.Health == nil:
		return refusef(http.StatusBadRequest, "neither load nor health is given")
	case b.Load != nil && b.Health != nil:
		return refusef(http.StatusBadRequest, "both load and health are given; send the one for the mode of the node")
	case b.Health != nil:
		if err := report.Health.UnmarshalText([]byte(*b.Health)); err != nil || report.Health == status.Unknown {
			return refusef(http.StatusBadRequest, "health is %q, want healthy, sick or dead", *b.Health)
		}
		return nil
	case b.Load.CPU == nil || b.Load.RAM == nil:
		return refusef(http.StatusBadRequest, "load needs both cpu and ram")
	}
	report.Load = &state.Load{CPU: *b.Load.CPU, RAM: *b.Load.RAM}
	return nil
}
