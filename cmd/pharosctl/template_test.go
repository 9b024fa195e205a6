// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "There are no templates.\n", p.run(0, "template"))
	id := matches(t, `^(\w+) is made\n$`, p.run(0, "template", "put", "Provider away", "--impact=major", "-c", "db", "-m", "x"))[0]
	require.Equal(t, id+" is replaced\n", p.run(0, "template", "put", "Provider away", "--title=Mail is delayed", "--phase=monitoring", "-c", "web/api", "-m", "We watch it."))
	require.Regexp(t, `^ID +NAME +IMPACT +PHASE +COMPONENTS +TITLE\n`+id+` +Provider away +minor +monitoring +web/api +Mail is delayed\n$`, p.run(0, "template", "list"))
	require.Equal(t, id+" is deleted\n", p.run(0, "template", "delete", "Provider away"))
	require.Equal(t, `pharosctl: there is no template "`+id+`"; see pharosctl template list`+"\n", p.run(1, "template", "delete", id))
}

func TestIncidentOfTemplate(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	id := matches(t, `^(\w+) is made`, p.run(0, "template", "put", "Mail", "--title=Mail is delayed", "--impact=major", "--phase=identified", "-c", "db", "-m", "We watch it."))[0]
	open := func(args ...string) (i statuspage.Incident) {
		require.NoError(t, json.Unmarshal([]byte(p.run(0, append([]string{"incident", "open", "-o", "json"}, args...)...)), &i))
		return i
	}
	i := open("--template=" + id)
	require.Equal(t, "Mail is delayed", i.Title)
	require.Equal(t, statuspage.ImpactMajor, i.Impact)
	require.Equal(t, statuspage.Identified, i.Phase())
	require.Equal(t, "We watch it.", i.Updates[0].Text)
	require.Equal(t, "db", joined(i.Components))

	i = open("No mail", "--template=Mail", "--impact=critical", "--phase=monitoring", "-c", "web/api", "-m", "It is back.")
	require.Equal(t, "No mail", i.Title)
	require.Equal(t, statuspage.ImpactCritical, i.Impact)
	require.Equal(t, statuspage.Monitoring, i.Phase())
	require.Equal(t, "It is back.", i.Updates[0].Text)
	require.Equal(t, "web/api", joined(i.Components))

	require.Equal(t, statuspage.Resolved, new(open("--template=Mail", "--started=-2h", "--resolved=-1h")).Phase(), "not as it began")
	require.Equal(t, `pharosctl: there is no template "Post"; see pharosctl template list`+"\n", p.run(1, "incident", "open", "--template=Post"))
	require.Equal(t, "pharosctl: title is missing; say in a few words what is wrong, or name a template that has a title by --template\n", p.run(2, "incident", "open", "-m", "x"))
}
