// Work under a limit: the result, or the news that it is late.
package main

import (
	"fmt"
	"time"
)

func main() {
	done := make(chan string, 1)
	go func() {
		time.Sleep(10 * time.Millisecond)
		done <- "in time"
	}()
	select {
	case result := <-done:
		fmt.Println(result)
	case <-time.After(2 * time.Second):
		fmt.Println("late")
	}
}
