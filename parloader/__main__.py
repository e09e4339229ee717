from parloader.cli import main

main()
