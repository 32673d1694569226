package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"parley/bot"
)

// filler puts the lines of a backup into tables, many rows with a statement.
type filler struct {
	s      *Store
	tx     *sql.Tx
	tables []string
	skip   func(table string, row map[string]any) bool

	table   string
	columns []string
	types   []string
	rows    [][]any
	tasks   []bot.Task
}

// rowsAtOnce keeps a statement below what either engine takes.
const rowsAtOnce = 200

// empty removes what is there.
func (f *filler) empty(ctx context.Context) error {
	for _, table := range slices.Backward(f.tables) { // what refers to others first
		if _, versions := versionTables[table]; versions {
			continue
		}
		if _, err := f.tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

func (f *filler) fill(ctx context.Context, r *backupReader) error {
	for {
		l, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return errors.Join(f.flush(ctx), f.s.enqueue(ctx, f.tx, f.tasks))
		case err != nil:
			return err
		case l.Table != "":
			err = f.begin(ctx, l)
		case l.Task != nil:
			err = f.task(ctx, l)
		case l.File == "":
			err = f.row(ctx, l.Row)
		}
		if err != nil {
			return err
		}
	}
}

// begin goes on to another table.
func (f *filler) begin(ctx context.Context, l line) error {
	if err := f.flush(ctx); err != nil {
		return err
	}
	if !slices.Contains(f.tables, l.Table) {
		return fmt.Errorf("the backup holds a table %q, which this program does not have", l.Table)
	}
	rows, err := f.tx.QueryContext(ctx, `SELECT * FROM `+l.Table+` LIMIT 0`)
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	f.table, f.columns, f.types = l.Table, l.Columns, make([]string, len(l.Columns))
	for i, name := range l.Columns {
		j := slices.IndexFunc(types, func(t *sql.ColumnType) bool { return t.Name() == name })
		if j < 0 {
			return fmt.Errorf("the backup holds a column %q of %s, which this program does not have", name, l.Table)
		}
		f.types[i] = types[j].DatabaseTypeName()
	}
	return rows.Err()
}

func (f *filler) row(ctx context.Context, values []any) error {
	if len(values) != len(f.columns) {
		return damaged("a row of " + f.table + " has not as many values as columns")
	}
	if f.skip != nil {
		row := make(map[string]any, len(values))
		for i, name := range f.columns {
			row[name] = values[i]
		}
		if f.skip(f.table, row) {
			return nil
		}
	}
	for i := range values {
		var err error
		if values[i], err = readAs(values[i], f.types[i]); err != nil {
			return fmt.Errorf("%s.%s: %w", f.table, f.columns[i], err)
		}
	}
	if f.rows = append(f.rows, values); len(f.rows) == rowsAtOnce {
		return f.flush(ctx)
	}
	return nil
}

// flush writes the rows gathered.
func (f *filler) flush(ctx context.Context) error {
	if len(f.rows) == 0 {
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, `INSERT INTO %s ("%s") VALUES `, f.table, strings.Join(f.columns, `", "`))
	var args []any
	for i, row := range f.rows {
		holders := make([]string, len(row))
		for j, value := range row {
			args = append(args, value)
			holders[j] = fmt.Sprintf("$%d", len(args))
		}
		if i > 0 {
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "(%s)", strings.Join(holders, ", "))
	}
	f.rows = f.rows[:0]
	if _, err := f.tx.ExecContext(ctx, text.String(), args...); err != nil {
		return fmt.Errorf("%s: %w", f.table, err)
	}
	return nil
}

// task gathers tasks, which the queue adds by itself.
func (f *filler) task(ctx context.Context, l line) error {
	t := l.Task.of()
	t.At = l.At
	if f.tasks = append(f.tasks, t); len(f.tasks) < insertBatch {
		return nil
	}
	err := f.s.enqueue(ctx, f.tx, f.tasks)
	f.tasks = f.tasks[:0]
	return err
}
