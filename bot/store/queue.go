package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"parley/bot"
)

// taskArgs is a task as River keeps it. All of it makes a task the same.
type taskArgs struct {
	Task    string `json:"task"`
	Network string `json:"network,omitempty"`
	Chat    string `json:"chat,omitempty"`
	Thread  string `json:"thread,omitempty"`
	Mark    string `json:"mark,omitempty"`
}

func (taskArgs) Kind() string { return "parley" }

func argsOf(t bot.Task) taskArgs {
	return taskArgs{t.Kind, t.Chat.Network, t.Chat.ID, t.Chat.Thread, t.Mark}
}

func (a taskArgs) of() bot.Task {
	return bot.Task{Kind: a.Task, Chat: bot.Chat{Network: a.Network, ID: a.Chat, Thread: a.Thread}, Mark: a.Mark}
}

// How tasks are worked off.
const (
	taskTime    = time.Minute      // for one try
	deadAfter   = 75 * time.Second // then the process that had a task is taken for dead
	maxTries    = 1000             // a task ends by being done or by its chat being gone
	keepDone    = 24 * time.Hour   // for that long a task is not done again
	keepFailed  = 7 * 24 * time.Hour
	stopWithin  = 1800 * time.Millisecond // and as long again, cut off
	insertBatch = 2000
)

// queue is what works off the tasks, on either engine.
type queue struct {
	insert *river.Client[*sql.Tx]
}

func (s *Store) driver() riverdriver.Driver[*sql.Tx] {
	if s.engine == "postgres" {
		return riverdatabasesql.New(s.db)
	}
	return riversqlite.New(s.db)
}

// migrateQueue brings River's tables up to date. Processes that start together
// wait for each other.
func (s *Store) migrateQueue(ctx context.Context) error {
	m, err := rivermigrate.New(s.driver(), &rivermigrate.Config{Logger: quietLog()})
	if err != nil {
		return err
	}
	if s.engine == "postgres" {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close() // the lock ends with it, or here:
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(7238402)`); err != nil {
			return err
		}
		defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(7238402)`) }()
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("tables of the queue: %w", err)
	}
	return nil
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (s *Store) openQueue() (err error) {
	s.queue.insert, err = river.NewClient(s.driver(), &river.Config{Logger: quietLog()})
	return err
}

func inserts(tasks []bot.Task) []river.InsertManyParams {
	out := make([]river.InsertManyParams, len(tasks))
	for i, t := range tasks {
		out[i] = river.InsertManyParams{Args: argsOf(t), InsertOpts: &river.InsertOpts{
			MaxAttempts: maxTries, ScheduledAt: t.At, UniqueOpts: river.UniqueOpts{ByArgs: true}}}
	}
	return out
}

func (s *Store) enqueue(ctx context.Context, tx *sql.Tx, tasks []bot.Task) error {
	for len(tasks) > 0 {
		n := min(len(tasks), insertBatch)
		if _, err := s.queue.insert.InsertManyTx(ctx, tx, inserts(tasks[:n])); err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
		tasks = tasks[n:]
	}
	return nil
}

// Enqueue adds tasks; one that was added before is left out.
func (s *Store) Enqueue(ctx context.Context, tasks ...bot.Task) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.enqueue(ctx, tx, tasks) })
}

// EnqueuePins adds a task for every card.
func (s *Store) EnqueuePins(ctx context.Context, t bot.Task) error {
	return s.enqueueFor(ctx, t, `SELECT network, chat, thread FROM pins`)
}

// EnqueueSubscribers adds a task for every chat that chose one of the subjects.
func (s *Store) EnqueueSubscribers(ctx context.Context, t bot.Task, subjects ...string) error {
	args := make([]any, len(subjects))
	for i, x := range subjects {
		args[i] = x
	}
	return s.enqueueFor(ctx, t, `SELECT network, chat, thread FROM subscriptions WHERE subject IN (`+holders(len(args))+`)`, args...)
}

func (s *Store) enqueueFor(ctx context.Context, t bot.Task, query string, args ...any) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		chats, err := chatsOf(ctx, tx, query, args...)
		if err != nil {
			return err
		}
		return s.enqueue(ctx, tx, tasksFor(t, chats))
	})
}

// worker does one task.
type worker struct {
	river.WorkerDefaults[taskArgs]
	do func(ctx context.Context, t bot.Task) error
}

func (w *worker) Work(ctx context.Context, job *river.Job[taskArgs]) error {
	err := w.do(ctx, job.Args.of())
	var busy bot.Busy
	switch {
	case errors.As(err, &busy):
		return river.JobSnooze(busy.After)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return river.JobSnooze(0) // the process ends; the next one goes on
	}
	return err
}

// NextRetry is soon at first and never far off.
func (w *worker) NextRetry(job *river.Job[taskArgs]) time.Time {
	return time.Now().Add(min(time.Second<<min(len(job.Errors), 12), 10*time.Minute))
}

// Work does tasks with do, many at a time, until ctx ends and those under way
// have ended too. If do returns bot.Busy the task is done later; after any
// other error too, and the error is shown by Deliveries.
func (s *Store) Work(ctx context.Context, atOnce int, log *slog.Logger, do func(ctx context.Context, t bot.Task) error) error {
	if log == nil {
		log = quietLog()
	}
	failed := func(err error) error {
		if ctx.Err() != nil { // told to end before it began
			return nil
		}
		return err
	}
	drv, me := s.driver(), newAlive(s)
	if s.engine == "postgres" {
		if err := me.hold(ctx); err != nil { // before anything is begun
			return failed(fmt.Errorf("queue: %w", hide(err, s.where)))
		}
		living, end := context.WithCancel(context.WithoutCancel(ctx))
		ended := make(chan struct{})
		go func() { defer close(ended); me.run(living, log) }()
		defer func() { end(); <-ended }()
		listen, err := pgxpool.New(ctx, s.where)
		if err != nil {
			return failed(fmt.Errorf("queue: %w", hide(err, s.where)))
		}
		defer listen.Close()
		drv = riverdatabasesql.NewWithPgxListener(s.db, listen)
	} else if err := s.takeOver(ctx); err != nil {
		return failed(err)
	}
	if err := s.afterSetBack(ctx); err != nil { // while no process ran
		return failed(err)
	}
	watching, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); s.watchClock(watching, log) }()
	defer func() { end(); <-ended }()
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{do: do})
	c, err := river.NewClient(drv, &river.Config{
		ID: me.id, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}}, Workers: workers, Logger: log,
		JobTimeout: taskTime, RescueStuckJobsAfter: deadAfter, FetchPollInterval: 500 * time.Millisecond,
		CompletedJobRetentionPeriod: keepDone, CancelledJobRetentionPeriod: keepDone, DiscardedJobRetentionPeriod: keepFailed,
	})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	<-ctx.Done()
	soft, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := c.Stop(soft); err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = c.StopAndCancel(hard)
		return err
	}
	return nil
}

// takeOver frees the tasks that a process which was killed had begun, and its place
// at the head of the queue. A SQLite file belongs to one process.
func (s *Store) takeOver(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `UPDATE river_job SET state = $1 WHERE state = $2`,
		string(rivertype.JobStateAvailable), string(rivertype.JobStateRunning))
	if err == nil {
		_, err = s.db.ExecContext(ctx, `DELETE FROM river_leader`)
	}
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}
