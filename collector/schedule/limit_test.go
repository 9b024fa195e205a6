// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLimitIsAContext asks in every order what a context of package context is asked.
func TestLimitIsAContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	for name, end := range map[string]struct {
		by   func(l *limit, cancel func())
		want error
	}{
		"its end":    {func(l *limit, _ func()) { l.end() }, context.Canceled},
		"its parent": {func(_ *limit, cancel func()) { cancel() }, context.Canceled},
		"its time":   {func(*limit, func()) { time.Sleep(time.Minute) }, context.DeadlineExceeded},
	} {
		for _, early := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, 7))
				defer cancel()
				l := newLimit(parent, time.Minute)
				at, ok := l.Deadline()
				require.True(t, ok)
				require.Equal(t, time.Minute, time.Until(at))
				require.NoError(t, l.Err())
				var child context.Context
				told := make(chan struct{})
				if early {
					require.Equal(t, 7, l.Value(key{}))
					var free context.CancelFunc
					child, free = context.WithCancel(l)
					defer free()
					context.AfterFunc(l, func() { close(told) })
				}
				end.by(l, cancel)
				synctest.Wait()
				require.Equal(t, end.want, l.Err(), name)
				require.Equal(t, end.want, l.Err(), "again")
				<-l.Done()
				require.Equal(t, 7, l.Value(key{}))
				if early {
					<-told
					require.Equal(t, end.want, child.Err())
				}
				l.end()
				require.Equal(t, end.want, l.Err(), "the first reason stays")
			})
		}
	}
}

func TestLimitThatIsNotAskedHasNoTimer(t *testing.T) {
	t.Parallel()
	l := newLimit(t.Context(), time.Minute)
	require.NoError(t, l.Err())
	require.Nil(t, l.real)
	l.end()
	require.Equal(t, context.Canceled, l.Err())
	require.Nil(t, l.real)
}
