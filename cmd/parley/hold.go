package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"parley/bot/store"
)

// endsWithin is how long those deliveries are waited for that are under way.
const endsWithin = 10 * time.Second

// hold stops everything that is sent unasked, in all processes that share the
// store, and waits for what is under way.
func hold(ctx context.Context, out io.Writer, st *store.Store) error {
	if err := st.Hold(ctx, time.Now()); err != nil {
		return err
	}
	running, err := underWay(ctx, st)
	for began := time.Now(); err == nil && running > 0 && time.Since(began) < endsWithin && pause(ctx, 100*time.Millisecond); {
		running, err = underWay(ctx, st)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Announcements, cards and reminders are held up. Questions are answered. To go on: parley announce --release")
	if running > 0 {
		fmt.Fprintf(out, "%d deliveries that had begun are still under way; they end within a minute.\n", running)
	}
	return nil
}

func underWay(ctx context.Context, st *store.Store) (n int, err error) {
	d, err := st.Deliveries(ctx, "")
	for _, s := range d.States {
		n += s.Running
	}
	return n, err
}

func release(ctx context.Context, out io.Writer, st *store.Store) error {
	since, err := st.Held(ctx)
	if err != nil {
		return err
	}
	if err := st.Release(ctx); err != nil {
		return err
	}
	if since.IsZero() {
		fmt.Fprintln(out, "Nothing was held up.")
		return nil
	}
	fmt.Fprintln(out, "What was held up goes on: each chat is told what is new by now, and no reminder that comes too late.")
	return nil
}

// showHold says that deliveries are held up, if they are.
func showHold(ctx context.Context, out io.Writer, st *store.Store) (held bool, err error) {
	since, err := st.Held(ctx)
	if err != nil || since.IsZero() {
		return false, err
	}
	fmt.Fprintf(out, "HELD since %s: nothing is sent unasked until parley announce --release\n", since.UTC().Format(time.DateTime))
	return true, nil
}
