package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"
)

// demoOptions are what `postrider demo` is told.
type demoOptions struct {
	once    bool
	address string
	chosen  bool // the address was given, so no other will do
}

func newDemo(a *app) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on bundled posts, in a temporary folder",
		Long: `Make a site of bundled posts in a temporary folder, render its feeds, mail one of
the posts and then the weekly digest to a small list, into a folder, and show it
all in the browser until interrupted. No mail leaves the machine, no configuration
is read, and the folder stays for you to look into.

With --once it says what it made and ends.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "do it, say what was made, and end")
	cmd.Flags().StringVar(&o.address, "address", "127.0.0.1:8080", "the `HOST:PORT` to serve on; another port if that is taken")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if a.configFile != "" {
			return usagef("demo brings a configuration of its own; leave out --config")
		}
		o.chosen = cmd.Flags().Changed("address")
		return a.demo(cmd.Context(), o)
	}
	return cmd
}

// demo makes the site, says what it made, and serves it unless told not to. The
// address is bound first, since it stands in every link of feeds and mails.
func (a *app) demo(ctx context.Context, o demoOptions) (err error) {
	address := o.address
	var listener net.Listener
	if !o.once {
		if listener, err = a.demoListener(ctx, o); err != nil {
			return err
		}
		defer listener.Close()
		address = listener.Addr().String()
	}
	url, err := demoURL(address)
	if err != nil {
		return err
	}
	site, err := a.newDemoSite(ctx, url)
	if err != nil {
		return err
	}
	made := false
	defer func() {
		err = errors.Join(err, site.store.Close())
		if !made {
			err = errors.Join(err, site.remove())
		}
	}()
	view, err := site.tour(ctx)
	if err != nil {
		return err
	}
	made = true
	if !o.once {
		view.URL = url
	}
	if err := a.show(view, func() { a.printDemo(view) }); err != nil || o.once {
		return err
	}
	if err := site.serve(ctx, listener); err != nil {
		return err
	}
	a.say("\nStopped. Everything is still in %s", site.dir)
	return nil
}

// demoListener binds the address, or where that is only the default and taken, a
// free port.
func (a *app) demoListener(ctx context.Context, o demoOptions) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", o.address)
	if err == nil {
		return listener, nil
	}
	if o.chosen {
		return nil, fmt.Errorf("serve on %s: %w; choose another with --address", o.address, err)
	}
	if listener, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	a.say("%s is taken; serving on %s instead.\n", o.address, listener.Addr())
	return listener, nil
}

// demoURL is where a browser of this machine reaches what is bound to an address.
func demoURL(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", usagef("--address %s: %w; write it as 127.0.0.1:8080", address, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
