// SPDX-License-Identifier: Apache-2.0

package push

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
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
	Reason *Reason `json:"reason"`
}

// A Reason says in words why a replica is as it is reported. What is no text is left
// alone, as keys are that nobody knows: clients of Vigil may send anything besides.
type Reason string

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Reason) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte(`"`)) {
		return nil
	}
	return json.Unmarshal(data, (*string)(r))
}

// fields returns what the body holds.
func (b *body) fields() (f fields) {
	if b.Replica != nil {
		f.replica, f.has = *b.Replica, f.has|hasReplica
	}
	if b.Interval != nil {
		f.interval, f.has = *b.Interval, f.has|hasInterval
	}
	if b.Health != nil {
		f.health, f.has = *b.Health, f.has|hasHealth
	}
	if b.Reason != nil {
		f.reason, f.has = string(*b.Reason), f.has|hasReason
	}
	if b.Load == nil {
		return f
	}
	f.has |= hasLoad
	if b.Load.CPU != nil {
		f.cpu, f.has = *b.Load.CPU, f.has|hasCPU
	}
	if b.Load.RAM != nil {
		f.ram, f.has = *b.Load.RAM, f.has|hasRAM
	}
	return f
}

// read calls parse with the body of a request, which may have limit bytes and is
// valid UTF-8. The bytes are those of a pool: nothing of them may be kept.
func (h *handler) read(w http.ResponseWriter, r *http.Request, limit int64, parse func([]byte) error) error {
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // rather than to read it all
		return tooLong(limit)
	}
	buffer := h.buffers.Get().(*bytes.Buffer)
	defer h.release(buffer)
	_, err := buffer.ReadFrom(limited(w, r, limit))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return tooLong(limit)
	case err != nil:
		return refusef(http.StatusBadRequest, "the body ends before its time")
	case !utf8.Valid(buffer.Bytes()):
		return refusef(http.StatusBadRequest, "the body is not valid UTF-8")
	}
	return parse(buffer.Bytes())
}

func tooLong(limit int64) error {
	return refusef(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit)
}

// limited returns the body of a request, which is not longer than limit. One whose
// length is told, as it mostly is, needs no other guard.
func limited(w http.ResponseWriter, r *http.Request, limit int64) io.Reader {
	if r.ContentLength >= 0 {
		return r.Body
	}
	return http.MaxBytesReader(w, r.Body, limit)
}

// maxPooled is how large a buffer may be that is kept for the next body.
const maxPooled = 4 << 10

func newBuffers() *sync.Pool {
	return &sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, maxPooled/2)) }}
}

func (h *handler) release(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		h.buffers.Put(b)
	}
}

// parseReport reads the body of a report.
func parseReport(data []byte) (replica string, report state.Report, err error) {
	f, ok := scan(data)
	if !ok {
		var b body
		if err := decodeJSON(data, &b); err != nil {
			return "", report, err
		}
		f = b.fields()
	}
	report, err = f.report()
	return f.replica, report, err
}

func decodeJSON(data []byte, to any) error {
	err := json.Unmarshal(data, to)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return refusef(http.StatusBadRequest, "the body does not fit: %s can't be of the type %s", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	if err != nil && !errors.As(err, new(refusal)) {
		return refusef(http.StatusBadRequest, "the body does not fit: %v", err)
	}
	return err
}

// report makes a report of the fields.
func (f *fields) report() (report state.Report, err error) {
	switch {
	case f.replica == "":
		return report, refusef(http.StatusBadRequest, "replica is missing")
	case f.has&hasInterval == 0:
		return report, refusef(http.StatusBadRequest, "interval is missing; send the seconds between two reports")
	case f.interval < 0 || f.interval > maxInterval.Seconds():
		return report, refusef(http.StatusBadRequest, "interval is %v seconds, want more than 0 and at most a year", f.interval)
	}
	report.Interval, report.Detail = time.Duration(f.interval*float64(time.Second)), oneLine(f.reason)
	return report, f.judgement(&report)
}

// oneLine makes a text fit for where the words of a probe stand: what can't be seen
// becomes a space, several of them one, and a text that is too long is shortened.
func oneLine(text string) string {
	if text == "" {
		return ""
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	return status.Shorten(strings.Join(words, " "))
}

// judgement reads what the status is made of.
func (f *fields) judgement(report *state.Report) error {
	load, health := f.has&hasLoad != 0, f.has&hasHealth != 0
	if !load && !health {
		return refusef(http.StatusBadRequest, "neither load nor health is given")
	}
	if health {
		if err := report.Health.UnmarshalText([]byte(f.health)); err != nil {
			return refusef(http.StatusBadRequest, "health is %q, want healthy, sick, dead or unknown", status.Shorten(f.health))
		}
		report.Unknown = report.Health == status.Unknown
	}
	if !load {
		return nil
	}
	if f.has&hasCPU == 0 || f.has&hasRAM == 0 {
		return refusef(http.StatusBadRequest, "load needs both cpu and ram")
	}
	report.Load = &state.Load{CPU: f.cpu, RAM: f.ram}
	return nil
}
