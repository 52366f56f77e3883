package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

var _ = program("main_panics", func() {
	panic("main is lost")
})

var _ = program("a_goroutine_panics", func() {
	go func() { panic("the goroutine is lost") }()
	time.Sleep(time.Hour)
})

var _ = program("lines_of_a_panic", func() {
	panic("first line\nsecond line")
})

type broken struct{ part string }

func (b broken) Error() string { return b.part + " is broken" }

var _ = program("an_error", func() {
	panic(errors.New("an error"))
})

var _ = program("an_error_of_our_own", func() {
	panic(broken{"this"})
})

var _ = program("a_number", func() {
	panic(42)
})

var _ = program("a_negative_number", func() {
	panic(int8(-7))
})

var _ = program("an_unsigned_number", func() {
	panic(uint64(18446744073709551615))
})

var _ = program("a_float", func() {
	panic(1234.5)
})

var _ = program("a_small_float", func() {
	panic(float32(-0.001))
})

var _ = program("a_truth", func() {
	panic(true)
})

var _ = program("a_value", func() {
	panic(struct{ a, b int }{1, 2})
})

var _ = program("a_panic_while_panicking", func() {
	defer func() { panic("second") }()
	panic("first")
})

var _ = program("three_panics", func() {
	defer func() {
		defer func() { panic("third") }()
		panic("second")
	}()
	panic("first")
})

var _ = program("panics_while_panicking_in_a_goroutine", func() {
	go func() {
		defer func() { panic("first line\nsecond line") }()
		panic("first")
	}()
	time.Sleep(time.Hour)
})

// The second is caught where it began: the first goes on.
var _ = program("a_panic_caught_while_panicking", func() {
	defer func() {
		defer func() { fmt.Println("caught:", recover()) }()
		panic("second")
	}()
	panic("first")
})

var _ = program("a_panic_after_one_caught_while_panicking", func() {
	defer func() {
		func() {
			defer func() { fmt.Println("caught:", recover()) }()
			panic("second")
		}()
		panic("third")
	}()
	panic("first")
})

func caught(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

var _ = program("a_panic_after_a_caught_one", func() {
	fmt.Println(caught(func() { panic("first") }))
	panic("second")
})

var _ = program("a_panic_passed_on", func() {
	defer func() { panic(recover()) }()
	panic("once")
})

var _ = program("caught_panics", func() {
	fmt.Println(caught(func() { panic("a text") }))
	fmt.Println(caught(func() { panic(42) }))
	fmt.Println(caught(func() { panic(broken{"it"}) }))
	done := make(chan any)
	go func() { done <- caught(func() { panic("in a goroutine") }) }()
	fmt.Println(<-done)
	fmt.Println(caught(func() {}))
})

var _ = program("deferred_calls_run_in_turn", func() {
	for i := range 3 {
		defer fmt.Println("deferred", i)
	}
	panic("after three")
})

var _ = program("a_panic_ends_all", func() {
	c := make(chan int)
	for range 3 {
		go func() { <-c }()
	}
	runtime.Gosched()
	panic(strings.Repeat("lost ", 2))
})

var _ = program("once_panics", func() {
	var once sync.Once
	fmt.Println(caught(func() { once.Do(func() { panic("the only time") }) }))
	once.Do(func() { fmt.Println("never printed") })
	f := sync.OnceFunc(func() { panic("each time") })
	fmt.Println(caught(f))
	fmt.Println(caught(f))
	f()
})
