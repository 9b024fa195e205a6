// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Failure is an error that says what it makes of the target, and for which
// reason of the closed list.
type Failure struct { //nolint:errname // the word for what a probe meets; nothing else is an error here
	Status status.Status // Dead, Sick, or Unknown where it can't be told
	Reason status.Reason
	Err    error
}

// Error returns the text of the cause.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Failf returns a Failure that means death for the given reason. The format may
// wrap an error with %w.
func Failf(reason status.Reason, format string, args ...any) error {
	return &Failure{Status: status.Dead, Reason: reason, Err: fmt.Errorf(format, args...)}
}

// A Verdict is what is made of a Result.
type Verdict struct {
	Status status.Status
	Reason status.Reason // None if healthy
	Detail string        // the reason in words, or what a healthy target said; may name the target, so it is not for the public
}

// Limits says how slow a target may be.
type Limits struct {
	SickAfter time.Duration // an answer later than this is sick; 0: never
	Timeout   time.Duration // an answer as late as this is dead; 0: never

	// CertificateSickBefore is how long before the end of its certificate a
	// target is sick; 0: never.
	CertificateSickBefore time.Duration
}

// Judge turns what was seen into a verdict. It is the only place that does.
func (l Limits) Judge(r Result) Verdict {
	if r.Err != nil {
		return judgeError(r.Err)
	}
	switch {
	case l.Timeout > 0 && r.Took >= l.Timeout:
		return Verdict{status.Dead, status.Timeout, fmt.Sprintf("answered after %v, limit %v", r.Took, l.Timeout)}
	case l.SickAfter > 0 && r.Took > l.SickAfter:
		return Verdict{status.Sick, status.Slow, fmt.Sprintf("answered after %v, sick after %v", r.Took, l.SickAfter)}
	}
	if left := r.NotAfter.Sub(r.At); l.CertificateSickBefore > 0 && !r.NotAfter.IsZero() && left < l.CertificateSickBefore {
		return Verdict{status.Sick, status.TLS, fmt.Sprintf("the certificate expires on %s, sick %v before",
			r.NotAfter.UTC().Format("2006-01-02 15:04 MST"), l.CertificateSickBefore)}
	}
	return Verdict{Status: status.Healthy, Detail: r.Note}
}

func judgeError(err error) Verdict {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return Verdict{failure.Status, failure.Reason, err.Error()}
	}
	return Verdict{status.Dead, reasonOf(err), err.Error()}
}

// reasonOf finds the reason of a network error that no probe has classified.
func reasonOf(err error) status.Reason {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return status.Timeout
	case errors.As(err, &dns):
		return status.DNS
	case errors.As(err, &timeout) && timeout.Timeout():
		return status.Timeout
	}
	return status.Connect
}
