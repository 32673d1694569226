package bot

import (
	"context"
	"errors"
	"time"

	"parley/answers"
)

// Memory is what pinning and announcing ask of storage. Jobs and their retries
// are the storage's too.
type Memory interface {
	Keeper
	Pins
	Subscriptions
	Posts
	Announcements
	Talks
	Holding(ctx context.Context, c Chat) (Holding, error)
	// Lock makes this process the only one that writes to a chat; false if
	// another does now.
	Lock(ctx context.Context, c Chat) (unlock func(), ok bool, err error)
	// Shared tells whether other processes may use the storage too.
	Shared() bool
	// Slot reserves the next of the moments, this far apart, at which something
	// may be sent on a network, and returns how far off it is. All processes
	// that share the storage share the moments.
	Slot(ctx context.Context, network string, apart time.Duration) (time.Duration, error)
}

// Talks keeps for some minutes what is being talked about with each person, for
// other processes that may get what they ask next.
type Talks interface {
	Talk(ctx context.Context, c Chat, person string) (answers.Talk, error) // not begun if there is none
	PutTalk(ctx context.Context, c Chat, person string, t answers.Talk) error
	ForgetTalk(ctx context.Context, network, chat, person string) error
}

// Pin is the schedule card of a chat or topic.
type Pin struct {
	Chat    Chat
	Message string // empty until it is sent, or after it was lost
	Lang    string // chosen for the card; empty: the chat's
	Hint    string // what the chat spoke when it was pinned
	Pinned  bool
	Shown   string // a hash of what the card shows
	Told    string // the trouble that the chat was told of
	Since   time.Time
}

// Pins keeps the cards.
type Pins interface {
	Pin(ctx context.Context, c Chat) (*Pin, error) // nil if there is none
	PutPin(ctx context.Context, p Pin) error
	ChangePin(ctx context.Context, p Pin) error // the same, unless it is gone
	DropPin(ctx context.Context, c Chat) error
}

// Subscription is a chat or topic that is told of changes.
type Subscription struct {
	Chat    Chat
	Subject string
	Lang    string // what the chat spoke when it subscribed
	Quiet   Quiet
	Seen    int64  // the revision up to which it was told
	Last    string // a message that is known to be in the chat
	Since   time.Time
}

// Subscriptions keeps who is told.
type Subscriptions interface {
	Subscription(ctx context.Context, c Chat) (*Subscription, error) // nil if there is none
	PutSubscription(ctx context.Context, s Subscription) error
	ChangeSubscription(ctx context.Context, s Subscription) error // the same, unless it is gone
	DropSubscription(ctx context.Context, c Chat) error
}

// Holding is how much else is kept of a chat and its topics.
type Holding struct {
	Talks   int // what is being talked about
	Answers int // ids of answers
	Waiting int // answers that are to be sent
	Tasks   int // done, or to be done
}

// Post is a message that was sent unasked.
type Post struct {
	Chat    Chat
	What    string // names it within its chat
	After   string // the newest message known in the chat before it was sent
	Message string // empty: its fate is unknown
	Items   []Item
	Lang    string
	Shown   string // a hash of what it shows
	At      time.Time
}

// Item is a change that a post tells.
type Item struct {
	Revision int64
	ID       string
}

// Posts keeps what was sent, so that nothing is sent twice and what was told
// can be put right.
type Posts interface {
	Post(ctx context.Context, c Chat, what string) (*Post, error) // nil if there is none
	PutPost(ctx context.Context, p Post) error
	ChangePost(ctx context.Context, p Post) error // the same, unless it is gone
	DropPost(ctx context.Context, c Chat, what string) error
	PostsIn(ctx context.Context, c Chat) ([]Post, error) // in all topics of it, the oldest first
}

// Head is the newest edition that was announced. Revision 0: none ever was.
type Head struct {
	Revision    int64
	Hash, AsOf  string
	AnnouncedAt time.Time
}

// Revision is what changed with one edition.
type Revision struct {
	Number  int64
	Day     string
	Changes []answers.Change
}

// Publication is a new edition with all that follows from it.
type Publication struct {
	After   int64 // the revision that it follows
	Hash    string
	Was     answers.Edition
	Now     answers.Edition
	Changes []answers.Change
	At      time.Time
}

// ErrOvertaken is returned by Publish when another process has published since
// the revision that the publication follows.
var ErrOvertaken = errors.New("another edition was published meanwhile")

// Announcements keeps what was announced and has it delivered.
type Announcements interface {
	Head(ctx context.Context) (Head, error)
	Announced(ctx context.Context) (answers.Edition, error)
	// AnnouncedBefore tells whether an edition was announced and followed by others.
	AnnouncedBefore(ctx context.Context, hash string) (bool, error)
	// Publish stores an edition as announced, and the tasks that tell every
	// chat concerned, in one transaction.
	Publish(ctx context.Context, p Publication) error
	Revisions(ctx context.Context, since time.Time) ([]Revision, error)
	// Enqueue adds tasks; one that was added before is left out.
	Enqueue(ctx context.Context, tasks ...Task) error
	EnqueuePins(ctx context.Context, t Task) error                            // for every card
	EnqueueSubscribers(ctx context.Context, t Task, subjects ...string) error // for who chose one of these
}

// Kinds of tasks.
const (
	TaskCard     = "card"     // bring the card of a chat up to date
	TaskVerify   = "verify"   // the same, and look whether it is still pinned
	TaskNews     = "news"     // tell a chat what has changed
	TaskRemind   = "remind"   // it is time to remind all who subscribed
	TaskReminder = "reminder" // remind a chat
)

// Task is something to be done for a chat. Tasks may be done more than once
// and in any order: each brings the chat to where it should be by then.
type Task struct {
	Kind string
	Chat Chat
	Mark string    // what makes it another task of its kind in this chat
	At   time.Time // not before; zero: at once
}
