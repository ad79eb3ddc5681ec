// Package mailer turns an issue into MIME messages and brings them to a
// transport. It has three parts, each usable without the others:
//
//   - compose: a [Composer] renders posts through the templates into a [Mould],
//     the frozen message of one variant with slots for personal values;
//   - transport: a [Transport] opens connections that carry filled messages to a
//     Maildir or an SMTP relay, and says by its error what became of one;
//   - outbox: an [Outbox] claims deliveries from the ledger, fills and sends
//     them, and records what happened before it goes on.
//
// The package owns the words of the ledger ([Delivery], [DeliveryState],
// [Entry]) and declares the small interfaces it needs of it ([Queue],
// [Ledger]); it knows no SQL and no file of settings.
package mailer
