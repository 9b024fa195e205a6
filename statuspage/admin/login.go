// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage/config"
)

// loginPage is what login.html shows.
type loginPage struct {
	frame
	User   string
	Next   string
	Failed string // why the attempt did not succeed
	Proxy  bool   // there is no other way in than by the proxy
	Resume *resume
}

func (a *Admin) showLogin(w http.ResponseWriter, r *http.Request) {
	v, err := a.visitor(w, r)
	next := local(r.URL.Query().Get("next"))
	if err == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	a.renderLogin(w, v, http.StatusOK, loginPage{Next: next})
}

// askToLogIn sends a visitor to the login. What they have typed goes with them.
func (a *Admin) askToLogIn(w http.ResponseWriter, r *http.Request, v *visit) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		target := "/admin/login"
		if next := local(r.URL.RequestURI()); next != "/admin/" {
			target += "?next=" + url.QueryEscape(next)
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	}
	if err := readForm(r); err != nil {
		a.fail(w, r, v, err)
		return
	}
	a.renderLogin(w, v, http.StatusUnauthorized, loginPage{
		Next: "/admin/", Failed: "You are no longer logged in. Nothing was changed; what you typed is kept.", Resume: resumeOf(r),
	})
}

func (a *Admin) login(w http.ResponseWriter, r *http.Request) {
	c := a.Config()
	v := &visit{config: c, secure: secure(c, r)}
	if err := readForm(r); err != nil {
		a.fail(w, r, v, err)
		return
	}
	user, password := r.PostForm.Get("user"), r.PostForm.Get("password")
	again := loginPage{User: user, Next: local(r.PostForm.Get("next")), Resume: resumed(r.PostForm)}
	client := origin(c, r)
	wait := a.byAddress.take(client, a.Now())
	if wait == 0 {
		wait = a.byUser.take(shortened(user), a.Now())
	}
	if wait > 0 {
		seconds := int((wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		again.Failed = fmt.Sprintf("Too many attempts have failed. Try again in %s.", a.Words.Duration(time.Duration(seconds)*time.Second))
		a.renderLogin(w, v, http.StatusTooManyRequests, again)
		return
	}
	u, err := a.authenticate(r, &c.Admin, user, password)
	if err != nil {
		return // they have gone
	}
	if u == nil {
		a.Logger.Warn("a login to the admin pages was refused", "address", client.Addr().String())
		again.Failed = "The name or the password is wrong."
		a.renderLogin(w, v, http.StatusUnauthorized, again)
		return
	}
	a.byAddress.forget(client)
	a.byUser.forget(shortened(user))
	timeout := time.Duration(c.Admin.SessionTimeout)
	if v.token, err = a.sessions.begin(r.Context(), u.Name, u.Password, timeout); err != nil {
		a.fail(w, r, v, err)
		return
	}
	v.user = u.Name
	writeCookie(w, v.secure, v.token.cookieValue(u.Name), timeout)
	a.Logger.Info("an operator has logged in", "user", u.Name, "address", client.Addr().String())
	if again.Resume != nil {
		a.renderResume(w, v, http.StatusOK, "You are logged in again", "Nothing was changed yet. What you typed is kept, and can be sent now.", again.Resume)
		return
	}
	http.Redirect(w, r, again.Next, http.StatusSeeOther)
}

// shortened bounds what is kept of a name.
func shortened(name string) string { return name[:min(len(name), 64)] }

// authenticate returns the user of the name and the password, nil if there is none
// such. It takes as long for a name that nobody has.
func (a *Admin) authenticate(r *http.Request, c *config.Admin, name, password string) (*config.User, error) {
	select {
	case a.checking <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	defer func() { <-a.checking }()
	u := c.User(name)
	var want configfile.Secret
	if u != nil {
		want = u.Password
	}
	right := config.Matches(want, password)
	if slow := slowest(c); cost(want) == 0 && slow != "" {
		_ = config.Matches(slow, password)
	}
	if !right || password == "" {
		return nil, nil
	}
	return u, nil
}

// slowest returns the password that takes the longest to compare, "" if none takes long.
func slowest(c *config.Admin) (password configfile.Secret) {
	for _, u := range c.Users {
		if cost(u.Password) > cost(password) {
			password = u.Password
		}
	}
	return password
}

func cost(password configfile.Secret) int {
	cost, err := bcrypt.Cost([]byte(password))
	if err != nil {
		return 0 // it is no hash
	}
	return cost
}

func (a *Admin) renderLogin(w http.ResponseWriter, v *visit, code int, p loginPage) {
	p.frame = a.frame(v, "Log in", "")
	p.Proxy = len(v.config.Admin.Users) == 0
	a.render(w, code, "login", &p)
}

func (a *Admin) logout(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.leave(w, r, v, func(password configfile.Secret) error { return a.sessions.end(r.Context(), v.token, password) })
}

func (a *Admin) logoutEverywhere(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.leave(w, r, v, func(configfile.Secret) error { return a.sessions.endAll(r.Context(), v.user) })
}

func (a *Admin) leave(w http.ResponseWriter, r *http.Request, v *visit, end func(configfile.Secret) error) error {
	if u := v.config.Admin.User(v.user); u != nil && !v.proxied {
		if err := end(u.Password); err != nil {
			return err
		}
	}
	writeCookie(w, v.secure, "", 0)
	http.Redirect(w, r, "/admin/login", http.StatusSeeOther)
	return nil
}

// A resume is a form that could not be taken, to be sent again.
type resume struct {
	To     string
	Fields []formField
}

type formField struct{ Name, Value string }

// Names of the fields by which a form to be sent again goes through the login.
const (
	resumeTo     = "resume"
	resumePrefix = "resume."
)

// resumeOf keeps what was sent.
func resumeOf(r *http.Request) *resume {
	keep := &resume{To: local(r.URL.Path)}
	for _, name := range sortedKeys(r.PostForm) {
		for _, value := range r.PostForm[name] {
			if name != "csrf" {
				keep.Fields = append(keep.Fields, formField{name, value})
			}
		}
	}
	return keep
}

// resumed reads what the login's form carries of another one; nil if there is none.
func resumed(form url.Values) *resume {
	if form.Get(resumeTo) == "" {
		return nil
	}
	keep := &resume{To: local(form.Get(resumeTo))}
	for _, key := range sortedKeys(form) {
		if name, found := strings.CutPrefix(key, resumePrefix); found && name != "csrf" {
			for _, value := range form[key] {
				keep.Fields = append(keep.Fields, formField{name, value})
			}
		}
	}
	return keep
}
