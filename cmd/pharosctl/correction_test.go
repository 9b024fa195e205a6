// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCorrection(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "There are no corrections.\n", p.run(0, "correction"))
	require.Equal(t, "pharosctl: say why, for the public, by --text or --text-file\n", p.run(2, "correction", "add", "-c", "db", "--from=-2h", "--to=-1h"))
	day := time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly)
	id := matches(t, `^(\w{12}) corrects db, web/api: sick from `+day+` 10:00 UTC to `+day+` 10:25 UTC\n$`,
		p.run(0, "correction", "add", "-c", "db", "-c", "web/api", "--from="+day+"T10:00", "--to="+day+" 10:25", "--status=sick", "-m", "The monitoring\nwas cut off."))[0]
	require.Regexp(t, `^ID +FROM \(UTC\) +TO \(UTC\) +STATUS +COMPONENTS +REASON\n`+id+` +`+day+` 10:00 +`+day+` 10:25 +sick +db, web/api +The monitoring was cut off.\n$`,
		p.run(0, "correction", "list"))
	require.Regexp(t, `FROM \(Asia/Tokyo\) .*\n`+id+` +`+day+` 19:00 `, p.run(0, "correction", "list", "--time-zone=Asia/Tokyo"))
	require.Contains(t, p.run(1, "correction", "add", "-c", "db", "--from="+day+" 10:00", "--to="+day+" 11:00", "-m", "x"), "overlaps with the correction "+id)
	require.Equal(t, id+" is withdrawn; what was measured counts again\n", p.run(0, "correction", "withdraw", id))
	require.Equal(t, `pharosctl: there is no correction "`+id+`"; see pharosctl correction list`+"\n", p.run(1, "correction", "withdraw", id))
}
