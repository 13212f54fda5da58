import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** Full-width widgets that are created at synthesis, so that they include alarms that are added later. */
export class LazyWidgets implements cloudwatch.IWidget {
  public readonly width = 24;
  private x = 0;
  private y = 0;

  public constructor(private readonly createWidgets: () => cloudwatch.IWidget[]) {}

  public get height(): number {
    return new cloudwatch.Row(...this.createWidgets()).height;
  }

  public position(x: number, y: number): void {
    [this.x, this.y] = [x, y];
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  public toJson(): any[] {
    const row = new cloudwatch.Row(...this.createWidgets());
    row.position(this.x, this.y);
    return row.toJson();
  }
}
