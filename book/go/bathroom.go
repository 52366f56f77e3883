// One bathroom, three people: a mutex lets one in at a time.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var door sync.Mutex
	var wg sync.WaitGroup
	for person := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fmt.Println("person", person+1, "waits")
			door.Lock()
			defer door.Unlock()
			fmt.Println("person", person+1, "enters")
			time.Sleep(2 * time.Second)
			fmt.Println("person", person+1, "leaves")
		}()
	}
	wg.Wait()
}
