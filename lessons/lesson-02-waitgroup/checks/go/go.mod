module lesson02

go 1.25
